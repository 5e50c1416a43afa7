import { gateImages, noLanguages, parsePolicyFile, verifyImage } from '@assay/core'
import { type Transport } from '@assay/registry'
import { gateScene, scenePolicy, type GateScene } from '@assay/test-support/gate-scene'
import { openImage, openImageStore } from '../packages/core/src/source/open-image.ts'
import type { Benchmark } from './benchmarks.ts'

const ci = { subject: 'https://ci.example/acme/app', issuer: 'https://issuer.example' }
const policy = scenePolicy(
  `authorities: [{keyless: {identities: [{issuer: ${ci.issuer}, subject: ${ci.subject}}]}}]`,
)

const set = { ...parsePolicyFile(policy, 'policy.yaml'), noMatch: 'deny' } as const

/** Decisions about one keyless signature, everything fetched and verified anew for each. */
export const gateBenchmarks: readonly Benchmark[] = [
  {
    // A decision over the bare verification of the same signature, taken in turns: what the policy itself costs.
    name: 'gate.cold.work',
    floor: 1.5,
    better: 'lower',
    measure: workRatio,
  },
  {
    // The median over the three round trips that a decision by digest takes at least.
    name: 'gate.cold.5ms',
    floor: 3,
    better: 'lower',
    measure: async () => percentile(await decisions(await scene(), { delay: 5, count: 100 }), 0.5) / 15,
  },
  {
    name: 'gate.cold.40ms',
    floor: 1.5,
    better: 'lower',
    measure: async () => percentile(await decisions(await scene(), { delay: 40, count: 30 }), 0.5) / 120,
  },
]

async function workRatio(): Promise<number> {
  const made = await scene()
  const trust = await made.io.trustRoot(undefined)
  const identity = {
    subject: { kind: 'exact', value: ci.subject },
    issuer: { kind: 'exact', value: ci.issuer },
  } as const
  const times: { ours: number[]; bare: number[] } = { ours: [], bare: [] }
  for (let run = 0; run < 100; run += 1) {
    times.ours.push(...(await decisions(made, { delay: 0, count: 1, warmUp: run === 0 ? 20 : 0 })))
    const started = performance.now()
    const { proofs } = await verifyImage(made.repository, made.image, {
      signer: { kind: 'certificate', identities: [identity] },
      content: { kind: 'signature' },
      trust,
      now: made.io.now,
      transparencyLog: 'require',
      sct: 'require',
    })
    if (proofs.length !== 1) throw new Error('the signature does not verify')
    times.bare.push(performance.now() - started)
  }
  return percentile(times.ours, 0.5) / percentile(times.bare, 0.5)
}

async function scene(): Promise<GateScene> {
  const made = await gateScene()
  await made.sign({ identity: ci })
  return made
}

interface Run {
  /** Milliseconds that every request takes. */
  readonly delay: number
  readonly count: number
  readonly warmUp?: number
}

/** Milliseconds of each decision, one after the other, after a few that warm up. */
async function decisions(made: GateScene, { delay, count, warmUp = 20 }: Run): Promise<readonly number[]> {
  const times: number[] = []
  const transport: Transport = async (request) => {
    if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay))
    return await made.registry.transport(request)
  }
  const reference = `${made.registry.host}/acme/app@${made.image.digest}`
  for (let run = -warmUp; run < count; run += 1) {
    const started = performance.now()
    const { verdict } = await gateImages([{ reference }], set, {
      languages: noLanguages,
      io: {
        ...made.io,
        openImage: (text, call) => openImage(text, { connect: async () => ({ transport }) }, call),
        openStore: (text) => openImageStore(text, { connect: async () => ({ transport }) }),
      },
    })
    if (verdict !== 'allow') throw new Error(`the decision is ${verdict}`)
    if (run >= 0) times.push(performance.now() - started)
  }
  return times
}

function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}
