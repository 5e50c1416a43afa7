import { execFile } from 'node:child_process'
import { createHash, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { readAll } from '@assay/registry'
import { bundleFromJSON } from '@sigstore/bundle'
import { TrustedRoot } from '@sigstore/protobuf-specs'
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify'
import { describe, expect, it, onTestFinished } from 'vitest'
import { signBundle, type SignBundleOptions } from './sign-bundle.ts'
import { bundleBytes } from './test-bundle.ts'
import { pemOf } from './certificate.ts'
import { boolean, integer, octets, oid, sequence } from './der.ts'
import type { Lie } from './lies.ts'
import { virtualSigstore, type VirtualSigstore } from './virtual-sigstore.ts'

const now = new Date('2024-05-06T07:08:09Z')
const identity = { subject: 'release@sigstore.test', issuer: 'https://accounts.sigstore.test' }
const payload = Buffer.from('{"_type":"https://in-toto.io/Statement/v1"}')
const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })

/** Throws unless the Sigstore client library accepts the bundle: a reader that knows nothing of this code. */
function accept(sigstore: VirtualSigstore, bundle: unknown): void {
  const root = TrustedRoot.fromJSON(JSON.parse(Buffer.from(sigstore.trustedRoot).toString()))
  const trust = toTrustMaterial(root, () => ({ publicKey: keys.publicKey, validFor: () => true }))
  const parsed = bundleFromJSON(JSON.parse(Buffer.from(bundleBytes(bundle)).toString()))
  new Verifier(trust, { timestampThreshold: 'certificate' in parsed ? 1 : 0 }).verify(
    toSignedEntity(parsed, payload),
  )
}

describe('virtualSigstore', () => {
  const cases: readonly (readonly [string, Partial<SignBundleOptions>])[] = [
    ['a certificate and a dsse entry', {}],
    ['a certificate and an intoto entry', { log: 'v1-intoto' }],
    ['a certificate, Rekor v2 and a timestamp', { log: 'v2' }],
    [
      'a workflow identity',
      {
        signer: {
          identity: {
            ...identity,
            subject: 'https://github.com/o/r/.github/workflows/w.yml@refs/heads/main',
          },
        },
      },
    ],
    ['a message signature and a hashedrekord entry', { content: 'message' }],
    ['a key and Rekor v1', { signer: keys }],
    ['a key and Rekor v2', { signer: keys, log: 'v2' }],
  ]
  for (const [title, options] of cases) {
    it(`signs what the client library accepts: ${title}`, async () => {
      const sigstore = virtualSigstore({ now })
      const bundle = await signBundle(sigstore, { payload, signer: { identity }, ...options })
      expect(() => accept(sigstore, bundle)).not.toThrow()
    })
  }

  it('keeps proofs right while the log grows', async () => {
    const sigstore = virtualSigstore({ now })
    for (let count = 0; count < 12; count += 1) {
      const log = count % 2 === 0 ? 'v1' : 'v2'
      const bundle = await signBundle(sigstore, { payload, signer: { identity }, log })
      expect(() => accept(sigstore, bundle)).not.toThrow()
    }
  })

  const lies: readonly (readonly [Lie, NonNullable<SignBundleOptions['log']>, string])[] = [
    ['another-entry', 'v1', 'tlog entry signature mismatch'],
    ['another-entry', 'v2', 'signature mismatch'],
    ['wrong-set', 'v1', 'inclusion promise could not be verified'],
    ['wrong-tree', 'v1', 'calculated root hash'],
    ['wrong-tree', 'v2', 'calculated root hash'],
    ['foreign-checkpoint', 'v1', 'invalid checkpoint signature'],
    ['foreign-checkpoint', 'v2', 'invalid checkpoint signature'],
    ['foreign-log', 'v1', 'inclusion promise could not be verified'],
    ['foreign-log', 'v2', 'invalid checkpoint signature'],
    ['foreign-authority', 'v1', 'certificate chain'],
    ['no-sct', 'v1', 'expected 1 SCTs, got 0'],
    ['foreign-sct', 'v1', 'SCT verification failed'],
    ['wrong-sct', 'v1', 'SCT verification failed'],
    ['foreign-timestamp', 'v2', 'timestamp could not be verified'],
    ['foreign-timestamp-authority', 'v2', 'timestamp could not be verified'],
    ['late-timestamp', 'v2', 'certificate chain'],
    ['late-log', 'v1', 'certificate chain'],
  ]
  for (const [lie, log, refused] of lies) {
    it(`is caught when it lies: ${lie} with log ${log}`, async () => {
      const sigstore = virtualSigstore({ now })
      sigstore.tell(lie)
      const bundle = await signBundle(sigstore, { payload, signer: { identity }, log, timestamp: true })
      expect(() => accept(sigstore, bundle)).toThrow(refused)
    })
  }

  it('refuses to log a signature that the certificate does not verify', async () => {
    const sigstore = virtualSigstore({ now })
    sigstore.tell('wrong-certificate-key')
    const signing = signBundle(sigstore, { payload, signer: { identity } })
    await expect(signing).rejects.toThrow('the signature does not verify')
  })

  it('finds an entry again after a conflict', async () => {
    const sigstore = virtualSigstore({ now })
    const bundle = await signBundle(sigstore, { payload, signer: keys })
    const verifier = Buffer.from(keys.publicKey.export({ format: 'pem', type: 'spki' })).toString('base64')
    const proposedContent = { envelope: JSON.stringify(bundle.dsseEnvelope), verifiers: [verifier] }
    const entry = { apiVersion: '0.0.1', kind: 'dsse', spec: { proposedContent } }
    const url = new URL('https://rekor.sigstore.test/api/v1/log/entries')
    const headers = {}
    const again = await sigstore.transport({
      method: 'POST',
      url,
      headers,
      body: Buffer.from(JSON.stringify(entry)),
    })
    expect(again.status).toBe(409)
    const found = await sigstore.transport({
      method: 'GET',
      url: new URL(again.headers['location'] ?? '', url),
      headers,
    })
    expect(found.status).toBe(200)
  })

  it('makes certificates and timestamps that openssl accepts', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'sigstore-'))
    onTestFinished(() => rm(directory, { recursive: true }))
    const sigstore = virtualSigstore({ now })
    const { authority, issue } = sigstore.services.fulcio
    const leaf = issue(identity, keys.publicKey)
    expect(new X509Certificate(leaf).subjectAltName).toBe('email:release@sigstore.test')
    const [tsaLeaf = leaf, tsaIntermediate = leaf, tsaRoot = leaf] = sigstore.services.tsa.chain
    const digest = createHash('sha256').update(payload).digest()
    const imprint = sequence(sequence(oid('2.16.840.1.101.3.4.2.1')), octets(digest))
    const query = sequence(integer(1), imprint, integer(12345678901), boolean(true))
    const reply = await sigstore.transport({
      method: 'POST',
      url: new URL('https://tsa.sigstore.test/api/v1/timestamp'),
      headers: {},
      body: query,
    })
    const files = {
      'root.pem': pemOf(authority.root),
      'intermediate.pem': pemOf(authority.intermediate),
      'leaf.pem': pemOf(leaf),
      'tsa-root.pem': pemOf(tsaRoot),
      'tsa.pem': pemOf(tsaIntermediate) + pemOf(tsaLeaf),
      'query.tsq': query,
      'reply.tsr': await readAll(reply.body, { limit: 100_000, on: 'reply' }),
    }
    for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), content)
    const openssl = (...args: readonly string[]): Promise<{ stdout: string }> =>
      promisify(execFile)('openssl', args, { cwd: directory })
    const at = ['-attime', String(now.getTime() / 1000)]
    const chain = ['-CAfile', 'root.pem', '-untrusted', 'intermediate.pem', '-purpose', 'any']
    expect((await openssl('verify', ...at, ...chain, 'leaf.pem')).stdout).toContain('OK')
    const trusted = ['-CAfile', 'tsa-root.pem', '-untrusted', 'tsa.pem']
    const verified = await openssl(
      'ts',
      '-verify',
      ...at,
      '-queryfile',
      'query.tsq',
      '-in',
      'reply.tsr',
      ...trusted,
    )
    expect(verified.stdout).toContain('OK')
  })

  it('serves the same on loopback', async () => {
    const served = await virtualSigstore().serve()
    onTestFinished(() => served.close())
    const response = await fetch(`${served.url}/api/v1/log/entries`, {
      method: 'POST',
      body: '{"kind":"other"}',
    })
    expect(response.status).toBe(400)
  })
})
