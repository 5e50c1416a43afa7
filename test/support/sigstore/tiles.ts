import { refusal, type Answer } from './answer.ts'
import { leafHash, treeHead } from './merkle-tree.ts'

/** What a tiled log publishes at `tile/…` (C2SP tlog-tiles), made by hashing whole subtrees. */
export function tileAnswer(entries: readonly Uint8Array[], path: string): Answer {
  const [, level = '', digits = '', width] =
    /^tile\/(entries|\d+)\/((?:x\d{3}\/)*\d{3})(?:\.p\/(\d+))?$/.exec(path) ?? []
  const index = Number(digits.replaceAll(/[x/]/g, ''))
  const span = level === 'entries' ? 1 : 256 ** Number(level)
  const all = Math.floor(entries.length / span)
  const first = index * 256
  // A tile that is not full has the width that the log's size gives it, and no other.
  const own = Math.min(all - first, 256)
  if (digits === '' || own <= 0 || Number(width ?? 256) !== own) return refusal(404, 'no such tile')
  const nodes = Array.from({ length: own }, (_, at) =>
    entries.slice((first + at) * span, (first + at + 1) * span),
  )
  const parts = nodes.map((node) => {
    if (level !== 'entries') return treeHead(node.map(leafHash))
    const [entry = Buffer.alloc(0)] = node
    const length = Buffer.alloc(2)
    length.writeUInt16BE(entry.byteLength)
    return Buffer.concat([length, entry])
  })
  return { status: 200, headers: { 'content-type': 'application/octet-stream' }, body: Buffer.concat(parts) }
}
