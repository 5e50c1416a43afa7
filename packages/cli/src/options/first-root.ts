import { createHash } from 'node:crypto'
import { readAll, serviceTransport } from '@assay/registry'
import type { OptionGroup } from '../define-command.ts'
import type { Io } from '../io.ts'
import { readNamedFile } from '../read-file.ts'
import { UsageError } from '../usage-error.ts'
import { valueFlag } from './flag.ts'
import { textOf } from './raw.ts'

const maxRoot = 1024 * 1024
const timeLimit = 30_000

/** `--root` and `--root-checksum`: the TUF root metadata that trust starts from; undefined for the built-in one. */
export const firstRootOption: OptionGroup<Uint8Array | undefined> = {
  flags: () => [
    valueFlag(
      '--root <file|url>',
      'the TUF root metadata that trust starts from (default: that of the public instance)',
    ),
    valueFlag(
      '--root-checksum <checksum>',
      'what --root must hash to: SHA-256 in hexadecimal, or sha512:…; needed for a URL',
    ),
  ],
  parse: async (raw, io) => {
    const place = textOf(raw, 'root')
    const checksum = textOf(raw, 'rootChecksum')
    if (place === undefined) {
      if (checksum !== undefined) throw new UsageError('USAGE', '--root-checksum belongs to --root')
      return undefined
    }
    const isUrl = /^https?:/.test(place)
    // Whoever answers for the URL would decide whom everything is trusted by.
    if (isUrl && checksum === undefined)
      throw new UsageError('USAGE', '--root from a URL needs --root-checksum', { got: place })
    const root = isUrl ? await fetched(place, io) : await readNamedFile(place, '--root', maxRoot)
    if (checksum !== undefined) checkSum(root, checksum)
    return root
  },
}

function checkSum(root: Uint8Array, checksum: string): void {
  const [, algorithm = 'sha256', expected] = /^(?:(sha256|sha512):)?([0-9a-fA-F]+)$/.exec(checksum) ?? []
  const got = createHash(algorithm).update(root).digest('hex')
  if (expected?.toLowerCase() === got) return
  throw new UsageError('USAGE', '--root is another than --root-checksum says', {
    expected: checksum,
    got: `${algorithm}:${got}`,
  })
}

async function fetched(place: string, io: Io): Promise<Uint8Array> {
  const url = URL.parse(place)
  if (url === null) throw new UsageError('USAGE', '--root is neither a file nor a URL', { got: place })
  const transport = serviceTransport({ connection: { proxyEnvironment: io.env } })
  const signal = AbortSignal.any([io.signal, AbortSignal.timeout(timeLimit)])
  const response = await transport({ method: 'GET', url, headers: { accept: 'application/json' }, signal })
  if (response.status !== 200)
    throw new UsageError('UNREADABLE_FILE', '--root cannot be fetched', {
      on: place,
      got: `status ${response.status}`,
    })
  return await readAll(response.body, { limit: maxRoot, on: place })
}
