import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { assert, property, string } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { keyFromSpki } from '../trust/public-key.ts'
import type { LogAuthority } from '../trust/trust-root.ts'
import { isSignedByLog, parseCheckpoint } from './checkpoint.ts'

const root = Buffer.alloc(32, 7).toString('base64')
const signature = `\u2014 log.test ${Buffer.alloc(68, 1).toString('base64')}`

function note(changes: {
  readonly origin?: string
  readonly size?: string
  readonly root?: string
  readonly end?: string
  readonly signatures?: string
}): string {
  const { origin = 'log.test', size = '12', end = '\n\n', signatures = `${signature}\n` } = changes
  return `${origin}\n${size}\n${changes.root ?? root}${end}${signatures}`
}

describe('parseCheckpoint', () => {
  test('reads origin, size, root and signatures, and the text that they are over', () => {
    const read = parseCheckpoint(note({}))
    expect(read).toMatchObject({ origin: 'log.test', treeSize: 12n, signedText: `log.test\n12\n${root}\n` })
    expect(read?.signatures).toHaveLength(1)
  })

  test.each([
    ['of more than 64 KiB', note({ end: `\n${'x'.repeat(65_536)}\n\n` })],
    ['without the line that ends the text', note({ end: '\n' })],
    ['without an origin', note({ origin: '' })],
    ['with a size in another form', note({ size: '012' })],
    ['with a negative size', note({ size: '-1' })],
    ['with a size beyond 64 bits', note({ size: '9'.repeat(20) })],
    ['with a root of 31 bytes', note({ root: Buffer.alloc(31, 7).toString('base64') })],
    ['with a root of 33 bytes', note({ root: Buffer.alloc(33, 7).toString('base64') })],
    ['with a root in another form of base64', note({ root: root.replace('=', '') })],
    ['without a signature', note({ signatures: '' })],
    ['whose last line does not end', note({ signatures: `${signature}\n${signature}` })],
    ['with an empty line among the signatures', note({ signatures: `${signature}\n\n` })],
    ['with 101 signatures', note({ signatures: `${signature}\n`.repeat(101) })],
    ['with a signature behind another dash', note({ signatures: `${signature.replace('\u2014', '-')}\n` })],
    ['with a signature of nobody', note({ signatures: `${signature.replace('log.test', '')}\n` })],
    ['with a signature and something after it', note({ signatures: `${signature} more\n` })],
    ['with a key id and no signature', note({ signatures: '\u2014 log.test AAAAAA==\n' })],
  ])('A-14: a note %s is none', (_, text) => {
    expect(parseCheckpoint(text)).toBeUndefined()
  })

  test('whatever the text, it answers', () => {
    assert(
      property(string(), (text) => {
        expect(parseCheckpoint(text)).toBeUndefined()
      }),
    )
  })
})

describe('isSignedByLog', () => {
  const keys = generateKeyPairSync('ed25519')
  const key = keyFromSpki(keys.publicKey.export({ type: 'spki', format: 'der' }))
  const id = createHash('sha256').update(key.spki).digest()
  const validFor = { start: new Date(0) }
  const log: LogAuthority = { baseUrl: 'https://log.test', logId: id, key, validFor }

  function isSigned(by: {
    readonly origin?: string
    readonly name?: string
    readonly hint?: Buffer
  }): boolean {
    const { origin = 'log.test', name = 'log.test', hint = id.subarray(0, 4) } = by
    const text = `${origin}\n12\n${root}\n`
    const signed = Buffer.concat([hint, sign(null, Buffer.from(text), keys.privateKey)]).toString('base64')
    const checkpoint = parseCheckpoint(`${text}\n\u2014 ${name} ${signed}\n`)
    return checkpoint !== undefined && isSignedByLog(checkpoint, log)
  }

  test.each([
    ['as its own', {}, true],
    ['with the tree id of Rekor v1 behind its name', { origin: 'log.test - 12' }, true],
    ['about another origin', { origin: 'log.test.evil' }, false],
    ['under a part of its name', { name: 'log' }, false],
    ['under the key id of another', { hint: Buffer.from('abcd') }, false],
  ])('J-7: signed %s', (_, by, answer) => {
    expect(isSigned(by)).toBe(answer)
  })
})
