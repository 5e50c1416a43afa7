import { parseTrustRoot } from '@assay/core'
import {
  leafExtensions,
  signCertificate,
  tbsCertificate,
  type Extension,
  type KeyPair,
} from '@assay/test-support/sigstore/certificate'
import { serialNumber } from '@assay/test-support/sigstore/certificate-authority'
import { ecKeyPair } from '@assay/test-support/sigstore/context'
import { bits, boolean, der, integer, sequence, utf8 } from '@assay/test-support/sigstore/der'
import type { VirtualSigstore } from '@assay/test-support/sigstore/virtual-sigstore'
import { outcome, signed, signingTime, sigstoreAt, verifyJson } from '@assay/test-support/verification'
import { describe, expect, test } from 'vitest'

const codeSigning = '1.3.6.1.5.5.7.3.3'
const email = (text: string | Uint8Array): Uint8Array => der(0x81, Buffer.from(text))
const uri = (text: string): Uint8Array => der(0x86, Buffer.from(text))

function alternativeNames(...names: readonly Uint8Array[]): Extension {
  return { oid: '2.5.29.17', critical: true, value: sequence(...names) }
}

function issuer(suffix: string, value: Uint8Array): Extension {
  return { oid: `1.3.6.1.4.1.57264.1.${suffix}`, value }
}

interface Leaf {
  readonly keys: KeyPair
  readonly certificate: Uint8Array
}

/** A signing certificate by the virtual authority, with these extensions after or instead of the usual ones. */
function leaf(
  sigstore: VirtualSigstore,
  extensions: readonly Extension[],
  by: {
    readonly name?: string
    readonly keys?: KeyPair
    readonly purpose?: string
    readonly without?: string
  } = {},
): Leaf {
  const { authority } = sigstore.services.fulcio
  const keys = ecKeyPair()
  const signer = by.keys ?? authority.keys
  const usual = leafExtensions(
    { own: keys.publicKey, issuer: signer.publicKey },
    { oid: by.purpose ?? codeSigning },
  )
  const replaced = new Set([by.without, ...extensions.map(({ oid }) => oid)])
  const tbs = tbsCertificate({
    subject: 'leaf',
    issuer: by.name ?? authority.commonName,
    serial: serialNumber(),
    publicKey: keys.publicKey,
    notBefore: signingTime,
    notAfter: new Date(signingTime.getTime() + 600_000),
    extensions: [...usual.filter(({ oid }) => !replaced.has(oid)), ...extensions],
  })
  return { keys, certificate: signCertificate(tbs, signer.privateKey) }
}

async function codeOf(sigstore: VirtualSigstore, made: Leaf, trust?: Uint8Array): Promise<string> {
  const bundle = await signed(sigstore, { signer: { ...made.keys, certificate: made.certificate } })
  return await outcome(() =>
    verifyJson(sigstore, bundle, {
      sct: 'insecure-ignore',
      ...(trust !== undefined && { trust: parseTrustRoot(trust) }),
    }),
  )
}

describe('D.2 the signing certificate', () => {
  test('a leaf that is made here as Fulcio makes it verifies', async () => {
    const sigstore = sigstoreAt()
    expect(await codeOf(sigstore, leaf(sigstore, [alternativeNames(email('a@b.test'))]))).toBe('ok')
  })

  test.each([
    ['timestamping', '1.3.6.1.5.5.7.3.8'],
    ['servers', '1.3.6.1.5.5.7.3.1'],
    ['anything', '2.5.29.37.0'],
  ])('D-11: a leaf for %s is refused', async (_, purpose) => {
    const sigstore = sigstoreAt()
    const made = leaf(sigstore, [alternativeNames(email('a@b.test'))], { purpose })
    expect(await codeOf(sigstore, made)).toBe('INVALID_CERTIFICATE')
  })

  test("D-11: an authority's certificate does not sign artifacts", async () => {
    const sigstore = sigstoreAt()
    const authority = { oid: '2.5.29.19', critical: true, value: sequence(boolean(true), integer(0)) }
    const made = leaf(sigstore, [alternativeNames(email('a@b.test')), authority])
    expect(await codeOf(sigstore, made)).toBe('INVALID_CERTIFICATE')
  })

  test.each([
    ['no constraints', []],
    ['CA:FALSE', [{ oid: '2.5.29.19', critical: true, value: sequence() }]],
    [
      'CA:TRUE below an authority that allows none',
      [{ oid: '2.5.29.19', critical: true, value: sequence(boolean(true)) }],
    ],
  ] as const)('D-11: a leaf with %s issues no other leaf', async (_, constraints) => {
    const sigstore = sigstoreAt()
    const first = leaf(sigstore, [alternativeNames(email('a@b.test')), ...constraints])
    const second = leaf(sigstore, [alternativeNames(email('victim@b.test'))], {
      name: 'leaf',
      keys: first.keys,
    })
    expect(await codeOf(sigstore, second)).toBe('UNTRUSTED_CERTIFICATE')
    // Even where somebody took the leaf into the trusted root, below the authority that issued it.
    const document = JSON.parse(Buffer.from(sigstore.trustedRoot).toString())
    const [chain] = document.certificateAuthorities
    chain.certChain.certificates.unshift({ rawBytes: Buffer.from(first.certificate).toString('base64') })
    expect(await codeOf(sigstore, second, Buffer.from(JSON.stringify(document)))).toBe(
      'UNTRUSTED_CERTIFICATE',
    )
  })

  test.each([
    ['a line end', email('a@b.test\n, email:victim@corp.test')],
    ['a NUL', email('victim@corp.test\0.evil.test')],
    ['bytes that are no text', email(Uint8Array.of(0xff, 0x40, 0x61))],
    ['no characters', email('')],
    ['the kind of a DNS name', der(0x82, Buffer.from('corp.test'))],
  ])('D-14: a subject with %s is refused', async (_, name) => {
    const sigstore = sigstoreAt()
    expect(await codeOf(sigstore, leaf(sigstore, [alternativeNames(name)]))).toBe('INVALID_CERTIFICATE')
  })

  test('D-14: a comma in a subject adds no second one, and two subjects are refused', async () => {
    const sigstore = sigstoreAt()
    const subject = 'https://evil.test/, email:victim@corp.test'
    const made = leaf(sigstore, [alternativeNames(uri(subject))])
    const bundle = await signed(sigstore, { signer: { ...made.keys, certificate: made.certificate } })
    const proof = await verifyJson(sigstore, bundle, { sct: 'insecure-ignore' })
    expect(proof.signer).toMatchObject({ identity: { subject, subjectKind: 'uri' } })
    const two = leaf(sigstore, [alternativeNames(email('evil@evil.test'), email('victim@corp.test'))])
    expect(await codeOf(sigstore, two)).toBe('INVALID_CERTIFICATE')
    expect(await codeOf(sigstore, leaf(sigstore, []))).toBe('INVALID_CERTIFICATE')
  })

  test('D-15: a critical extension that is not understood, and name constraints, are refused', async () => {
    const sigstore = sigstoreAt()
    const unknown = { oid: '1.2.3.4', critical: true, value: integer(1) }
    const constraints = { oid: '2.5.29.30', value: sequence() }
    for (const extension of [unknown, constraints]) {
      const made = leaf(sigstore, [alternativeNames(email('a@b.test')), extension])
      expect(await codeOf(sigstore, made)).toBe('INVALID_CERTIFICATE')
    }
  })

  test('D-16: ten thousand subjects, and a thousand extensions, cost nothing', async () => {
    const sigstore = sigstoreAt()
    const names = Array.from({ length: 10_000 }, (_, index) => email(`${index}@b.test`))
    const extensions = Array.from({ length: 1000 }, (_, index) => ({
      oid: `1.2.3.${index}`,
      value: integer(1),
    }))
    const start = performance.now()
    expect(await codeOf(sigstore, leaf(sigstore, [alternativeNames(...names)]))).toBe('INVALID_CERTIFICATE')
    expect(await codeOf(sigstore, leaf(sigstore, extensions))).toBe('INVALID_CERTIFICATE')
    expect(performance.now() - start).toBeLessThan(2000)
  })

  test('D-09, D-20: keys that hung or killed other readers are refused at once', async () => {
    const sigstore = sigstoreAt()
    const made = leaf(sigstore, [alternativeNames(email('a@b.test'))])
    const at = Buffer.from(made.certificate).indexOf(
      made.keys.publicKey.export({ format: 'der', type: 'spki' }),
    )
    const bundle = await signed(sigstore, { signer: { ...made.keys, certificate: made.certificate } })
    for (const damage of [
      // A point that is not on the curve, a compressed point, an unknown curve, an empty key.
      (bytes: Buffer) => bytes.fill(0x11, at + 27, at + 91),
      (bytes: Buffer) => bytes.fill(0x02, at + 26, at + 27),
      (bytes: Buffer) => bytes.fill(0x7f, at + 20, at + 23),
      (bytes: Buffer) => bytes.fill(0x00, at + 26, at + 91),
    ]) {
      const certificate = Buffer.from(made.certificate)
      damage(certificate)
      const rawBytes = certificate.toString('base64')
      const material = { ...bundle.verificationMaterial, certificate: { rawBytes } }
      const code = await outcome(() => verifyJson(sigstore, { ...bundle, verificationMaterial: material }))
      expect(['UNSUPPORTED_KEY', 'INVALID_CERTIFICATE']).toContain(code)
    }
  })

  test('D-11: a leaf whose key is not for signatures is refused', async () => {
    const sigstore = sigstoreAt()
    const keyEncipherment = { oid: '2.5.29.15', critical: true, value: bits(Uint8Array.of(0x20), 5) }
    const made = leaf(sigstore, [alternativeNames(email('a@b.test')), keyEncipherment])
    expect(await codeOf(sigstore, made)).toBe('INVALID_CERTIFICATE')
  })

  test('D-11: a leaf that says nothing about the use of its key is refused', async () => {
    const sigstore = sigstoreAt()
    const made = leaf(sigstore, [alternativeNames(email('a@b.test'))], { without: '2.5.29.15' })
    expect(await codeOf(sigstore, made)).toBe('INVALID_CERTIFICATE')
  })

  test('D-12: an extension that stands twice, and two issuers that differ, are refused', async () => {
    const sigstore = sigstoreAt()
    const name = alternativeNames(email('a@b.test'))
    const raw = Buffer.from('https://a.test')
    const honest = leaf(sigstore, [name, issuer('1', raw), issuer('8', utf8('https://a.test'))])
    expect(await codeOf(sigstore, honest)).toBe('ok')
    const two = leaf(sigstore, [name, issuer('1', raw), issuer('8', utf8('https://b.test'))])
    expect(await codeOf(sigstore, two)).toBe('INVALID_CERTIFICATE')
    const doubled = leaf(sigstore, [
      name,
      issuer('8', utf8('https://a.test')),
      issuer('8', utf8('https://b.test')),
    ])
    expect(await codeOf(sigstore, doubled)).toBe('INVALID_CERTIFICATE')
  })

  test('D-12: a certificate of another version is refused', async () => {
    const sigstore = sigstoreAt()
    const made = leaf(sigstore, [alternativeNames(email('a@b.test'))])
    const bundle = await signed(sigstore, { signer: { ...made.keys, certificate: made.certificate } })
    const certificate = Buffer.from(made.certificate)
    certificate[certificate.indexOf(Buffer.from('a003020102', 'hex')) + 4] = 1
    const rawBytes = certificate.toString('base64')
    const material = { ...bundle.verificationMaterial, certificate: { rawBytes } }
    expect(await outcome(() => verifyJson(sigstore, { ...bundle, verificationMaterial: material }))).toBe(
      'INVALID_CERTIFICATE',
    )
  })
})
