import { gateImages, noLanguages, parsePolicyFile, verifyImage, type Connection } from '@assay/core'
import { registryTransport, type Transport } from '@assay/registry'
import { gateScene, scenePolicy, type GateScene } from '@assay/test-support/gate-scene'
import { openImage, openImageStore } from '../packages/core/src/source/open-image.ts'
import type { Benchmark } from './benchmarks.ts'
import { note, percentile } from './measure.ts'

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
    // Milliseconds: the median of a decision about an image in a registry on loopback, which adds no latency.
    name: 'gate.cold.0ms',
    floor: 50,
    better: 'lower',
    measure: async () => told('0 ms', await decisions(await scene(), { delay: 0, count: 300 })),
  },
  {
    // The median over the three round trips that a decision by digest takes at least.
    name: 'gate.cold.5ms',
    floor: 3,
    better: 'lower',
    measure: async () => told('5 ms', await decisions(await scene(), { delay: 5, count: 200 })) / 15,
  },
  {
    name: 'gate.cold.40ms',
    floor: 1.5,
    better: 'lower',
    measure: async () => told('40 ms', await decisions(await scene(), { delay: 40, count: 100 })) / 120,
  },
]

/** The median, with the rest of what somebody wants to know on a line of its own. */
function told(latency: string, times: readonly number[]): number {
  const [p50, p99] = [percentile(times, 0.5), percentile(times, 0.99)]
  note(
    `a cold decision, ${latency} added to each round trip: p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`,
  )
  return p50
}

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

/** Milliseconds of each decision about an image in a registry on loopback, one after the other, after a few that warm up. */
async function decisions(made: GateScene, { delay, count, warmUp = 20 }: Run): Promise<readonly number[]> {
  const times: number[] = []
  const served = await made.registry.serve()
  const loopback = registryTransport({})
  const transport: Transport = async (request) => {
    if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay))
    return await loopback(request)
  }
  const connect = async (): Promise<Connection> => ({ transport, plainHttp: true })
  const reference = `${served.host}/acme/app@${made.image.digest}`
  for (let run = -warmUp; run < count; run += 1) {
    const started = performance.now()
    const { verdict } = await gateImages([{ reference }], set, {
      languages: noLanguages,
      io: {
        ...made.io,
        openImage: (text, call) => openImage(text, { connect }, call),
        openStore: (text) => openImageStore(text, { connect }),
      },
    })
    if (verdict !== 'allow') throw new Error(`the decision is ${verdict}`)
    if (run >= 0) times.push(performance.now() - started)
  }
  await served.close()
  return times
}
