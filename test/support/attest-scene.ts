import {
  attestDecisions,
  gateImages,
  keySigner,
  noLanguages,
  parsePolicyFiles,
  policySetHash,
  type GateReport,
  type PolicySet,
} from '@assay/core'
import { readAll, type Descriptor } from '@assay/registry'
import { toPrivateKey } from '../../packages/core/src/sign/keys/private-key.ts'
import type { GateScene } from './gate-scene.ts'

/** A question that was asked, and its answer. */
export interface Asked {
  readonly set: PolicySet
  readonly report: GateReport
}

/** Asks the gate about an image of the scene. */
export async function ask(
  scene: GateScene,
  policies: string,
  reference = 'registry.test/acme/app:v1',
): Promise<Asked> {
  const { problems, configs, ...read } = parsePolicyFiles([{ name: 'p.yaml', text: policies }])
  if (problems.length > 0) throw new Error(JSON.stringify(problems))
  const set: PolicySet = { ...configs[0]?.config, ...read, noMatch: 'deny' }
  const report = await gateImages([{ reference }], set, { io: scene.io, languages: noLanguages })
  return { set, report }
}

export const verifier = { id: 'https://gate.example', version: { assay: '1' } }

/** Signs what the gate says. */
export async function attest(
  scene: GateScene,
  { set, report }: Asked,
  more: { readonly failures?: boolean; readonly open?: (name: string) => string } = {},
): Promise<GateReport> {
  const options = {
    verifier,
    resource: 'oci://{repo}',
    policy: { uri: 'https://policy.example', sha256: policySetHash(set) },
    failures: more.failures ?? false,
    signing: {
      signer: keySigner(toPrivateKey(scene.keys.privateKey)),
      witnesses: [],
      now: () => scene.io.now,
    },
    now: scene.io.now,
    open: (name: string) => scene.io.openImage(more.open?.(name) ?? name, {}),
  }
  return await attestDecisions(report, { set, options }, {})
}

async function jsonOf(
  { repository }: GateScene,
  descriptor: Descriptor,
): Promise<{ readonly layers: readonly [Descriptor]; readonly dsseEnvelope: { readonly payload: string } }> {
  const bytes = await readAll(repository.open(descriptor), { limit: 1_000_000, on: descriptor.digest })
  return JSON.parse(Buffer.from(bytes).toString())
}

export async function referrersOf(
  scene: GateScene,
  digest = scene.image.digest,
): Promise<readonly Descriptor[]> {
  const found: Descriptor[] = []
  for await (const referrer of scene.repository.referrers(digest)) found.push(referrer)
  return found
}

/** The summaries that hang on an image. */
export async function summariesOf(
  scene: GateScene,
  digest = scene.image.digest,
): Promise<readonly unknown[]> {
  const found: unknown[] = []
  for (const referrer of await referrersOf(scene, digest)) {
    const { layers } = await jsonOf(scene, referrer)
    const { dsseEnvelope } = await jsonOf(scene, layers[0])
    const statement = JSON.parse(Buffer.from(dsseEnvelope.payload, 'base64').toString())
    if (statement.predicateType === 'https://slsa.dev/verification_summary/v1') found.push(statement)
  }
  return found
}
