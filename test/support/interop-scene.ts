import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  generateKeyPair,
  openPrivateKey,
  parseTrustRoot,
  verifyImage,
  type ContentDemand,
  type ImageVerification,
  type PrivateKey,
  type SignerDemand,
  type TrustRoot,
} from '@assay/core'
import {
  openRepository,
  registryTransport,
  type ContentSource,
  type ContentStore,
  type Descriptor,
} from '@assay/registry'
import { runCosign, type Outcome } from './cosign.ts'
import { startDockerRegistry, type DockerRegistry } from './docker-registry.ts'
import { startReferrersRegistry } from './interop-tools.ts'
import { pushedImage } from './signing-places.ts'
import type { ServedSigstore } from './sigstore/serve.ts'
import { virtualSigstore, type VirtualSigstore } from './sigstore/virtual-sigstore.ts'

export const password = 'interop'
export const predicate = '{"bomFormat":"CycloneDX","specVersion":"1.6","components":[]}'
export const signature: ContentDemand = { kind: 'signature' }
export const bom: ContentDemand = { kind: 'attestation', predicateType: 'https://cyclonedx.org/bom' }
export const byKey: SignerDemand = { kind: 'key' }
export const byIdentity: SignerDemand = {
  kind: 'certificate',
  identities: [
    {
      subject: { kind: 'exact', value: 'release@sigstore.test' },
      issuer: { kind: 'exact', value: 'https://accounts.sigstore.test' },
    },
  ],
}
/** The flags of cosign for the same demands. */
export const who = {
  key: ['--key', 'assay.pub'],
  identity: [
    '--certificate-identity',
    'release@sigstore.test',
    '--certificate-oidc-issuer',
    'https://accounts.sigstore.test',
  ],
} as const

/** cosign takes SHA-256 for granted, also for the keys of its own that it signs with another hash. */
export const digestFlags: ReadonlyMap<string, readonly string[]> = new Map([
  ['ecdsa-p384', ['--signature-digest-algorithm', 'sha384']],
  ['ecdsa-p521', ['--signature-digest-algorithm', 'sha512']],
])

export const registries: readonly (readonly [string, () => Promise<DockerRegistry>])[] = [
  ['distribution 2.8', startDockerRegistry],
  ['a registry with the referrers API', startReferrersRegistry],
]

export interface PushedImage {
  readonly store: ContentStore
  readonly subject: Descriptor
  readonly name: string
}

/** A registry, a Sigstore on loopback, a key, and cosign in a home of its own that knows them. */
export interface InteropScene {
  readonly home: string
  readonly sigstore: VirtualSigstore
  readonly served: ServedSigstore
  readonly trust: TrustRoot
  readonly key: PrivateKey
  newImage(): Promise<PushedImage>
  run(program: string | undefined, ...args: readonly string[]): Promise<Outcome>
  /** The same with more in the environment. */
  runWith(
    env: Readonly<Record<string, string>>,
    program: string | undefined,
    ...args: readonly string[]
  ): Promise<Outcome>
  verify(
    source: ContentSource,
    subject: Descriptor,
    demand: { readonly signer: SignerDemand; readonly content: ContentDemand; readonly logged?: boolean },
  ): Promise<ImageVerification>
  close(): Promise<void>
}

/** What cosign says when it fails; nothing when it succeeds. */
export function complaintOf(outcome: Outcome): string {
  return outcome.status === 0 ? '' : outcome.output
}

export async function interopScene(startRegistry: () => Promise<DockerRegistry>): Promise<InteropScene> {
  const sigstore = virtualSigstore()
  const trust = parseTrustRoot(sigstore.trustedRoot)
  const home = await mkdtemp(join(tmpdir(), 'interop-'))
  const registry = await startRegistry()
  const served = await sigstore.serve()
  const pair = await generateKeyPair({ password })
  const key = await openPrivateKey(pair.privateKeyPem, password)
  const files = {
    'assay.key': pair.privateKeyPem,
    'assay.pub': pair.publicKeyPem,
    'root.json': sigstore.trustedRoot,
    'config-v1.json': served.signingConfig(),
    'config-v2.json': served.signingConfig({ rekor: 'v2' }),
    'config-none.json': served.signingConfig({ rekor: 'none', timestamps: false }),
    'bom.json': predicate,
    // cosign takes a token of ES256 for the name of a file.
    token: sigstore.identityToken(),
  }
  for (const [name, content] of Object.entries(files))
    await writeFile(join(home, name), content, { mode: 0o600 })
  let count = 0
  return {
    home,
    sigstore,
    served,
    trust,
    key,
    newImage: async () => {
      count += 1
      const repository = `team/app${count}`
      const store = openRepository({ host: registry.host, repository }, { transport: registryTransport({}) })
      const subject = await pushedImage(store)
      return { store, subject, name: `${registry.host}/${repository}@${subject.digest}` }
    },
    run: (program, ...args) => runCosign(program ?? '', args, { home, password }),
    runWith: (env, program, ...args) => runCosign(program ?? '', args, { home, password, env }),
    verify: (source, subject, { signer, content, logged = true }) =>
      verifyImage(source, subject, {
        signer,
        content,
        keys: [key.publicKey],
        trust,
        now: new Date(Date.now() + 1000),
        transparencyLog: logged ? 'require' : 'insecure-ignore',
        sct: 'require',
      }),
    close: async () => {
      await served.close()
      await registry.stop()
      await rm(home, { recursive: true })
    },
  }
}
