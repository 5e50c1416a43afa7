import { assert, json, property, uint8Array } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { VerificationError } from '../refusal/verification-error.ts'
import { parseBundle } from './parse-bundle.ts'

const hash = Buffer.alloc(32).toString('base64')
const entry = {
  logIndex: '1',
  logId: { keyId: hash },
  kindVersion: { kind: 'dsse', version: '0.0.1' },
  integratedTime: '1',
  inclusionPromise: { signedEntryTimestamp: 'AAAA' },
  inclusionProof: {
    logIndex: '1',
    treeSize: '2',
    rootHash: hash,
    hashes: [hash],
    checkpoint: { envelope: 'x' },
  },
  canonicalizedBody: 'AAAA',
}
const envelope = { payload: 'AAAA', payloadType: 't', signatures: [{ sig: 'AAAA', keyid: '' }] }
const v3 = 'application/vnd.dev.sigstore.bundle.v0.3+json'
const v1 = 'application/vnd.dev.sigstore.bundle+json;version=0.1'

function bundle(material: object = {}, rest: object = {}): object {
  return {
    mediaType: v3,
    verificationMaterial: { certificate: { rawBytes: 'AAAA' }, tlogEntries: [entry], ...material },
    dsseEnvelope: envelope,
    ...rest,
  }
}

function codeOf(document: unknown): string {
  return codeOfText(typeof document === 'string' ? document : JSON.stringify(document))
}

function codeOfText(text: string): string {
  try {
    parseBundle(Buffer.from(text))
    return 'ok'
  } catch (error) {
    if (error instanceof VerificationError) return error.code
    throw error
  }
}

const chain = { certificate: undefined, x509CertificateChain: { certificates: [{ rawBytes: 'AAAA' }] } }

describe('parseBundle', () => {
  test('reads each version with the content that it has', () => {
    expect(codeOf(bundle())).toBe('ok')
    expect(codeOf(bundle(chain, { mediaType: v1 }))).toBe('ok')
    expect(codeOf(bundle(chain, { mediaType: v1.replace('0.1', '0.2') }))).toBe('ok')
    expect(codeOf(bundle({}, { mediaType: v1.replace('0.1', '0.3') }))).toBe('ok')
    expect(codeOf(bundle({ certificate: undefined, publicKey: {} }))).toBe('ok')
  })

  test.each<[string, unknown, string?]>([
    ['the version of the future', bundle({}, { mediaType: v3.replace('0.3', '0.4') }), 'UNSUPPORTED_FORMAT'],
    ['a media type with more behind it', bundle({}, { mediaType: `${v3}; x=y` }), 'UNSUPPORTED_FORMAT'],
    ['v0.1 with a single certificate', bundle({}, { mediaType: v1 })],
    ['v0.3 with a chain', bundle(chain)],
    ['both a certificate and a chain', bundle({ x509CertificateChain: chain.x509CertificateChain })],
    ['both a certificate and a key', bundle({ publicKey: { hint: 'x' } })],
    ['no key at all', bundle({ certificate: undefined })],
    [
      'v0.1 without a promise',
      bundle({ ...chain, tlogEntries: [{ ...entry, inclusionPromise: undefined }] }, { mediaType: v1 }),
    ],
    ['v0.3 without a proof', bundle({ tlogEntries: [{ ...entry, inclusionProof: undefined }] })],
    [
      'v0.3 with a proof without a checkpoint',
      bundle({ tlogEntries: [{ ...entry, inclusionProof: { ...entry.inclusionProof, checkpoint: null } }] }),
    ],
    ['an unknown field', bundle({}, { comment: 'x' })],
    ['an unknown field deep inside', bundle({ certificate: { rawBytes: 'AAAA', raw: 'AAAA' } })],
    ['a snake_case twin', bundle({ certificate: { rawBytes: 'AAAA', raw_bytes: 'BBBB' } })],
    ['snake_case alone', bundle({ certificate: { raw_bytes: 'AAAA' } })],
    ['a doubled key', JSON.stringify(bundle()).replace('"payload":', '"payload":"BBBB","payload":')],
    ['base64url', bundle({ certificate: { rawBytes: '__-_' } })],
    ['base64 without padding', bundle({ certificate: { rawBytes: 'AA' } })],
    ['base64 with stray bits', bundle({ certificate: { rawBytes: 'AB==' } })],
    ['base64 with a line end', bundle({ certificate: { rawBytes: 'AAAA\n' } })],
    ['empty bytes', bundle({ certificate: { rawBytes: '' } })],
    [
      'a message and an envelope',
      bundle(
        {},
        { messageSignature: { messageDigest: { algorithm: 'SHA2_256', digest: 'AAAA' }, signature: 'AAAA' } },
      ),
    ],
    ['neither message nor envelope', bundle({}, { dsseEnvelope: undefined })],
    [
      'an unknown hash',
      bundle(
        {},
        {
          dsseEnvelope: undefined,
          messageSignature: { messageDigest: { algorithm: 'MD5', digest: 'AAAA' }, signature: 'AAAA' },
        },
      ),
    ],
    ['a negative index', bundle({ tlogEntries: [{ ...entry, logIndex: '-1' }] })],
    ['a fractional index', bundle({ tlogEntries: [{ ...entry, logIndex: 1.5 }] })],
    ['an index beyond int64', bundle({ tlogEntries: [{ ...entry, logIndex: '9223372036854775808' }] })],
    ['an index beyond safe numbers', bundle({ tlogEntries: [{ ...entry, logIndex: 2 ** 53 }] })],
    [
      '65 hashes',
      bundle({
        tlogEntries: [
          {
            ...entry,
            inclusionProof: { ...entry.inclusionProof, hashes: Array.from({ length: 65 }, () => hash) },
          },
        ],
      }),
    ],
    [
      'a hash of 31 bytes',
      bundle({
        tlogEntries: [
          {
            ...entry,
            inclusionProof: { ...entry.inclusionProof, hashes: [Buffer.alloc(31).toString('base64')] },
          },
        ],
      }),
    ],
    [
      '1000 certificates',
      bundle(
        {
          ...chain,
          x509CertificateChain: { certificates: Array.from({ length: 1000 }, () => ({ rawBytes: 'AAAA' })) },
        },
        { mediaType: v1 },
      ),
    ],
    ['1000 log entries', bundle({ tlogEntries: Array.from({ length: 1000 }, () => entry) })],
    ['__proto__', JSON.stringify(bundle()).replace('"mediaType"', '"__proto__":{"a":1},"mediaType"')],
    ['a byte order mark', `\ufeff${JSON.stringify(bundle())}`],
    ['100000 brackets', '['.repeat(100_000)],
  ])('I-13, D-16, D-22, D-24: refuses %s', (_, document, code = 'MALFORMED_BUNDLE') => {
    expect(codeOf(document)).toBe(code)
  })

  test.each([33, 5000])('B-14: %i log entries are counted before one of them is read', (count) => {
    // Each of them is malformed: whoever reads one says so.
    const document = bundle({ tlogEntries: Array.from({ length: count }, () => ({ nonsense: 1 })) })
    expect(() => parseBundle(Buffer.from(JSON.stringify(document)))).toThrow(
      expect.objectContaining({ code: 'MALFORMED_BUNDLE', got: expect.stringContaining('more than 32') }),
    )
  })

  test('never throws anything but its own error', () => {
    assert(
      property(json(), uint8Array(), (text, bytes) => {
        expect(['MALFORMED_BUNDLE', 'UNSUPPORTED_FORMAT']).toContain(codeOfText(text))
        expect(['MALFORMED_BUNDLE', 'UNSUPPORTED_FORMAT']).toContain(
          codeOfText(Buffer.from(bytes).toString('latin1')),
        )
      }),
    )
  })
})
