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
    // A decision over the bare verification of the same image in the same registry on loopback, taken in turns: what the
    // policy itself costs.
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
  const rate = (1000 * times.length) / times.reduce((sum, time) => sum + time, 0)
  note(
    `a cold decision, ${latency} added to each round trip: p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, ${rate.toFixed(0)} a second one after the other`,
  )
  return p50
}

/** Both over a connection of the same registry that is warm, and each from a place that was never looked at. */
async function workRatio(): Promise<number> {
  const made = await scene()
  const trust = await made.io.trustRoot(undefined)
  const identity = {
    subject: { kind: 'exact', value: ci.subject },
    issuer: { kind: 'exact', value: ci.issuer },
  } as const
  return await onLoopback(made, 0, async (at) => {
    const verifyBare = async (): Promise<void> => {
      const { store, root } = await openImage(at.reference, { connect: at.connect })
      const { proofs } = await verifyImage(store, root, {
        signer: { kind: 'certificate', identities: [identity] },
        content: { kind: 'signature' },
        trust,
        now: made.io.now,
        transparencyLog: 'require',
        sct: 'require',
      })
      if (proofs.length !== 1) throw new Error('the signature does not verify')
    }
    const times: { ours: number[]; bare: number[] } = { ours: [], bare: [] }
    for (let run = -20; run < 100; run += 1) {
      const ours = await timed(async () => await decide(made, at))
      const bare = await timed(verifyBare)
      if (run < 0) continue
      times.ours.push(ours)
      times.bare.push(bare)
    }
    return percentile(times.ours, 0.5) / percentile(times.bare, 0.5)
  })
}

async function timed(work: () => Promise<void>): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
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
}

/** Milliseconds of each decision about an image in a registry on loopback, one after the other, after a few that warm up. */
async function decisions(made: GateScene, { delay, count }: Run): Promise<readonly number[]> {
  return await onLoopback(made, delay, async (at) => {
    const times: number[] = []
    for (let run = -20; run < count; run += 1) {
      const time = await timed(async () => await decide(made, at))
      if (run >= 0) times.push(time)
    }
    return times
  })
}

interface Loopback {
  readonly reference: string
  readonly connect: () => Promise<Connection>
}

/** Does something with the scene's registry, which is served for as long as that takes. */
async function onLoopback<Result>(
  made: GateScene,
  delay: number,
  work: (at: Loopback) => Promise<Result>,
): Promise<Result> {
  const served = await made.registry.serve()
  const loopback = registryTransport({})
  const transport: Transport = async (request) => {
    if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay))
    return await loopback(request)
  }
  try {
    return await work({
      reference: `${served.host}/acme/app@${made.image.digest}`,
      connect: async () => ({ transport, plainHttp: true }),
    })
  } finally {
    await served.close()
  }
}

/** One decision, with nothing known from before. */
async function decide(made: GateScene, { reference, connect }: Loopback): Promise<void> {
  const { verdict } = await gateImages([{ reference }], set, {
    languages: noLanguages,
    io: {
      ...made.io,
      openImage: (text, call) => openImage(text, { connect }, call),
      openStore: (text) => openImageStore(text, { connect }),
    },
  })
  if (verdict !== 'allow') throw new Error(`the decision is ${verdict}`)
}
