import { der, integer, oid, sequence } from '@assay/test-support/sigstore/der'
import { timestamped } from '@assay/test-support/sigstore/sign-bundle'
import { virtualSigstore } from '@assay/test-support/sigstore/virtual-sigstore'
import { describe, expect, test } from 'vitest'
import { childrenOf, DerError, readDer, type DerValue } from './der.ts'
import { isOver, parseTimestamp } from './timestamp-token.ts'

const signature = Buffer.from('a signature')

/** The parts of a genuine response, for tests to put together otherwise. */
async function response(): Promise<{
  readonly status: DerValue
  readonly contentType: DerValue
  readonly signedData: readonly DerValue[]
}> {
  const { signedTimestamp } = await timestamped(virtualSigstore(), signature)
  const [status, token] = childrenOf(readDer(Buffer.from(signedTimestamp, 'base64')))
  const [contentType, wrapped] = childrenOf(token ?? missing())
  const [content] = childrenOf(wrapped ?? missing())
  return {
    status: status ?? missing(),
    contentType: contentType ?? missing(),
    signedData: childrenOf(content ?? missing()),
  }
}

function missing(): never {
  throw new Error('the response has another form')
}

type Change = (parts: { status: Uint8Array; type: Uint8Array; fields: Uint8Array[] }) => void

async function changed(change: Change): Promise<Uint8Array> {
  const { status, contentType, signedData } = await response()
  const parts = {
    status: status.bytes,
    type: contentType.bytes,
    fields: signedData.map(({ bytes }) => bytes),
  }
  change(parts)
  return sequence(parts.status, sequence(parts.type, der(0xa0, sequence(...parts.fields))))
}

function replaced(bytes: Uint8Array | undefined, from: Uint8Array, to: Uint8Array): Uint8Array {
  const hex = Buffer.from(bytes ?? missing()).toString('hex')
  return Buffer.from(hex.replace(Buffer.from(from).toString('hex'), Buffer.from(to).toString('hex')), 'hex')
}

describe('parseTimestamp', () => {
  test('reads a genuine response and knows what it is over', async () => {
    const token = parseTimestamp(await changed(() => undefined))
    expect(isOver(token, signature)).toBe(true)
    expect(isOver(token, Buffer.from('another signature'))).toBe(false)
  })

  test.each<[string, Change]>([
    ['that was rejected', (parts) => (parts.status = sequence(integer(2)))],
    ['without a signer', (parts) => (parts.fields[parts.fields.length - 1] = der(0x31))],
    [
      'with two signers',
      ({ fields }) => {
        const { content } = readDer(fields.at(-1) ?? new Uint8Array())
        fields[fields.length - 1] = der(0x31, content, content)
      },
    ],
    ['of other data', (parts) => (parts.type = oid('1.2.840.113549.1.7.1'))],
    ['of data that is no timestamp', ({ fields }) => (fields[2] = sequence(oid('1.2.840.113549.1.7.1')))],
    [
      'whose data is named otherwise',
      ({ fields }) => {
        const [, wrapped] = childrenOf(readDer(fields[2] ?? new Uint8Array()))
        fields[2] = sequence(oid('1.2.840.113549.1.7.1'), wrapped?.bytes ?? new Uint8Array())
      },
    ],
    ['whose data is detached', ({ fields }) => (fields[2] = sequence(oid('1.2.840.113549.1.9.16.1.4')))],
    ['larger than 256 KiB', ({ fields }) => fields.splice(3, 0, der(0x31, new Uint8Array(256 * 1024)))],
    [
      'over a hash that nobody here knows',
      ({ fields }) =>
        (fields[2] = replaced(fields[2], oid('2.16.840.1.101.3.4.2.1'), oid('2.16.840.1.101.3.4.2.4'))),
    ],
  ])('A-37: refuses a response %s', async (_, change) => {
    const bytes = await changed(change)
    expect(() => parseTimestamp(bytes)).toThrow(DerError)
  })
})
