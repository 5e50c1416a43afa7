import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import {
  gateImages,
  noLanguages,
  parsePolicyFile,
  parseTrustRoot,
  type GateIo,
  type GateReport,
  type LanguageRuntime,
  type PolicySet,
} from '@assay/core'
import { openRepository, type Descriptor, type Repository } from '@assay/registry'
import { attachBundle } from '../../packages/core/src/attach/attach-bundle.ts'
import { openImage, openImageStore } from '../../packages/core/src/source/open-image.ts'
import { attestationStatement } from '../../packages/core/src/statement/attestation-statement.ts'
import { predicateTypeOf } from '../../packages/core/src/statement/predicate-types.ts'
import { signatureStatement } from '../../packages/core/src/statement/signature-statement.ts'
import { cosignSignPredicateType } from '../../packages/core/src/statement/statement.ts'
import { buildImage, pushImage } from './image-builder.ts'
import { testRegistry, type TestRegistry, type TestRegistryOptions } from './registry.ts'
import type { CertifiedIdentity } from './sigstore/certificate-authority.ts'
import { signBundle } from './sigstore/sign-bundle.ts'
import { bundleBytes } from './sigstore/test-bundle.ts'
import { virtualSigstore, type VirtualSigstore } from './sigstore/virtual-sigstore.ts'

/** A registry with an image in it, a Sigstore to sign it with, and a gate in front of it: real bytes, no socket. */
export interface GateScene {
  readonly registry: TestRegistry
  readonly sigstore: VirtualSigstore
  readonly repository: Repository
  /** The image that is there from the start, tagged v1. */
  readonly image: Descriptor
  readonly keys: { readonly publicPem: string; readonly privateKey: KeyObject; readonly publicKey: KeyObject }
  /** Builds another image, which differs by `mark`. */
  readonly push: (mark: string, tag?: string) => Promise<Descriptor>
  /** Signs an image (the first unless given) and attaches the signature. */
  readonly sign: (by?: SceneSigner, subject?: Descriptor) => Promise<void>
  readonly attest: (type: string, predicate: unknown, by?: SceneSigner) => Promise<void>
  /** Asks the gate. Without a reference: registry.test/acme/app:v1. */
  readonly ask: (policies: string, question?: Question) => Promise<GateReport>
  readonly io: GateIo
}

/** The scene's own key, or a certificate for an identity; logged unless told otherwise. */
export interface SceneSigner {
  readonly identity?: CertifiedIdentity
  readonly log?: 'v1' | 'v2' | 'none'
  readonly timestamp?: boolean
}

export interface Question {
  readonly references?: readonly string[]
  readonly io?: Partial<GateIo>
  readonly languages?: LanguageRuntime
  readonly noMatch?: PolicySet['noMatch']
  readonly platforms?: NonNullable<PolicySet['platforms']>
  readonly signal?: AbortSignal
}

export const sceneTime: Date = new Date('2026-06-01T12:00:00Z')

export async function gateScene(options: TestRegistryOptions = {}): Promise<GateScene> {
  const registry = testRegistry(options)
  const sigstore = virtualSigstore({ now: sceneTime })
  const { transport } = registry
  const repository = openRepository({ host: registry.host, repository: 'acme/app' }, { transport })
  const push = async (mark: string, tag?: string): Promise<Descriptor> => {
    const built = await buildImage({ layers: [{ entries: [{ kind: 'file', path: 'app', content: mark }] }] })
    return await pushImage(repository, built, tag)
  }
  const image = await push('first', 'v1')
  const keys = keyPair()
  const attach = async (made: Made, by: SceneSigner, subject: Descriptor): Promise<void> => {
    const { identity, ...witnesses } = by
    const signer = identity === undefined ? keys : { identity }
    const bundle = await signBundle(sigstore, { payload: made.payload, signer, ...witnesses })
    const { predicateType } = made
    await attachBundle(repository, subject, {
      bundle: bundleBytes(bundle),
      predicateType,
      createdAt: sceneTime,
    })
  }
  const trust = parseTrustRoot(sigstore.trustedRoot)
  const io: GateIo = {
    now: new Date(sceneTime.getTime() + 3_600_000),
    openImage: (reference, call) => openImage(reference, { connect: async () => ({ transport }) }, call),
    openStore: (reference) => openImageStore(reference, { connect: async () => ({ transport }) }),
    openPlace: async (name) => openRepository(splitPlace(name), { transport }),
    trustRoot: async () => trust,
    inspect: async () => {
      throw new Error('nobody asked for an inspection')
    },
  }
  return {
    registry,
    sigstore,
    repository,
    image,
    keys,
    io,
    push,
    sign: (by = {}, subject = image) =>
      attach(
        { payload: signatureStatement(subject.digest), predicateType: cosignSignPredicateType },
        by,
        subject,
      ),
    attest: (type, predicate, by = {}) =>
      attach(
        { payload: attestation(image, type, predicate), predicateType: predicateTypeOf(type) },
        by,
        image,
      ),
    ask: async (policies, question = {}) => {
      const { noMatch = 'deny', platforms = 'index' } = question
      const set = { ...parsePolicyFile(policies, 'policy.yaml'), noMatch, platforms }
      const references = question.references ?? [`${registry.host}/acme/app:v1`]
      return await gateImages(
        references.map((reference) => ({ reference })),
        set,
        {
          io: { ...io, ...question.io },
          languages: question.languages ?? noLanguages,
          ...(question.signal === undefined ? {} : { signal: question.signal }),
        },
      )
    },
  }
}

/** A policy of our own kind about everything, with the rest of its spec in flow style. */
export function scenePolicy(spec: string, name = 'p'): string {
  return `---\napiVersion: assay.dev/v1alpha1\nkind: ClusterImagePolicy\nmetadata: {name: ${name}}\nspec: {images: [{glob: '**'}], ${spec}}\n`
}

/** An authority for the scene's key, in flow style; `more` goes into it. */
export function keyAuthority({ keys }: Pick<GateScene, 'keys'>, more = ''): string {
  return `{key: {data: ${JSON.stringify(keys.publicPem)}}, ctlog: {}${more}}`
}

interface Made {
  readonly payload: Uint8Array
  readonly predicateType: string
}

function attestation(subject: Descriptor, type: string, predicate: unknown): Uint8Array {
  const bytes = new TextEncoder().encode(JSON.stringify(predicate))
  return attestationStatement(subject.digest, {
    type,
    predicate: bytes,
    subjectName: 'app',
    createdAt: sceneTime,
  })
}

function splitPlace(name: string): { readonly host: string; readonly repository: string } {
  const slash = name.indexOf('/')
  return { host: name.slice(0, slash), repository: name.slice(slash + 1) }
}

function keyPair(): GateScene['keys'] {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  return { publicKey, privateKey, publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString() }
}
