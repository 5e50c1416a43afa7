import { generateKeyPairSync } from 'node:crypto'
import {
  bits,
  boolean,
  der,
  explicit,
  integer,
  octets,
  oid,
  sequence,
} from '@assay/test-support/sigstore/der'
import { virtualSigstore } from '@assay/test-support/sigstore/virtual-sigstore'
import { describe, expect, test } from 'vitest'
import { extensionOids, isAuthority, parseCertificate, unprocessedExtension } from './certificate.ts'
import { DerError } from './der.ts'
import { parseTrustRoot } from './parse-trust-root.ts'

const time = der(0x18, Buffer.from('20260101000000Z'))
const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })

/** A certificate that nobody signed, with these extensions. */
function certificate(...extensions: readonly Uint8Array[]): Uint8Array {
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const tbs = sequence(
    explicit(0, integer(2)),
    integer(1),
    sequence(oid('1.2.840.10045.4.3.2')),
    sequence(),
    sequence(time, time),
    sequence(),
    spki,
    explicit(3, sequence(...extensions)),
  )
  return sequence(tbs, sequence(oid('1.2.840.10045.4.3.2')), bits(Buffer.from('x')))
}

function extension(id: string, value: Uint8Array, critical = false): Uint8Array {
  return sequence(oid(id), ...(critical ? [boolean(true)] : []), octets(value))
}

const unknown = '1.2.3.4'

function unprocessed(one: Uint8Array): string | undefined {
  return unprocessedExtension(parseCertificate(certificate(one)))
}

describe('certificates', () => {
  test('as large as 64 KiB, and no larger', () => {
    const fits = certificate(extension(unknown, Buffer.alloc(60 * 1024)))
    expect(parseCertificate(fits).extensions.size).toBe(1)
    const large = certificate(extension(unknown, Buffer.alloc(64 * 1024)))
    expect(() => parseCertificate(large)).toThrow(new DerError('the certificate is too large'))
  })

  test.each([
    ['TRUE', [extension(extensionOids.basicConstraints, sequence(boolean(true)))], true],
    ['FALSE', [extension(extensionOids.basicConstraints, sequence(boolean(false)))], false],
    ['no boolean', [extension(extensionOids.basicConstraints, sequence(integer(255)))], false],
    ['nothing in it', [extension(extensionOids.basicConstraints, sequence())], false],
    ['no such extension', [], false],
  ])('an authority by basicConstraints with %s', (_, extensions, expected) => {
    expect(isAuthority(parseCertificate(certificate(...extensions)))).toBe(expected)
  })

  test('critical extensions that nobody here understands, and name constraints', () => {
    expect(unprocessed(extension(unknown, sequence()))).toBeUndefined()
    expect(unprocessed(extension(unknown, sequence(), true))).toBe(unknown)
    expect(unprocessed(extension('2.5.29.30', sequence()))).toBe('2.5.29.30')
  })
})

/** The parts of a trusted root that tests change. */
interface RootDocument {
  readonly certificateAuthorities: readonly {
    readonly certChain: { readonly certificates: { rawBytes: string }[] }
  }[]
  readonly tlogs: readonly { readonly publicKey: { rawBytes: string } }[]
}

/** The virtual Sigstore's trusted root, with something else in it. */
function trustedRoot(change: (document: RootDocument) => void): Uint8Array {
  const document: RootDocument = JSON.parse(Buffer.from(virtualSigstore().trustedRoot).toString('utf8'))
  change(document)
  return Buffer.from(JSON.stringify(document))
}

describe('trusted roots', () => {
  test('an authority with a critical extension that nobody here understands is refused', () => {
    const odd = Buffer.from(certificate(extension(unknown, sequence(), true))).toString('base64')
    const bytes = trustedRoot((document) => {
      for (const { certChain } of document.certificateAuthorities)
        for (const each of certChain.certificates) each.rawBytes = odd
    })
    expect(() => parseTrustRoot(bytes)).toThrow(
      expect.objectContaining({ got: expect.stringContaining(`critical extension ${unknown}`) }),
    )
  })

  test('a log whose key is Ed448 counts for nothing, and is named', () => {
    const before = parseTrustRoot(virtualSigstore().trustedRoot)
    const key = generateKeyPairSync('ed448').publicKey.export({ type: 'spki', format: 'der' })
    const after = parseTrustRoot(
      trustedRoot((document) => {
        const [log] = document.tlogs
        if (log !== undefined) log.publicKey.rawBytes = key.toString('base64')
      }),
    )
    expect(after.transparencyLogs).toHaveLength(before.transparencyLogs.length - 1)
    expect(after.unsupported).toHaveLength(before.unsupported.length + 1)
  })
})
