import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import {
  gateImages,
  noLanguages,
  parsePolicyFile,
  recentDecisions,
  type Decision,
  type DecisionMemory,
} from '@assay/core'
import { gateScene, scenePolicy, type GateScene } from '@assay/test-support/gate-scene'
import type { Benchmark } from './benchmarks.ts'
import { note, percentile } from './measure.ts'

const ci = { subject: 'https://ci.example/acme/app', issuer: 'https://issuer.example' }
const policy = scenePolicy(
  `authorities: [{keyless: {identities: [{issuer: ${ci.issuer}, subject: ${ci.subject}}]}}]`,
)
const set = { ...parsePolicyFile(policy, 'policy.yaml'), noMatch: 'deny' } as const

/** One process that stays, as a webhook does: decisions that it made before. */
export const gateLoadBenchmarks: readonly Benchmark[] = [
  {
    // Milliseconds: the 99th percentile of the answers to 500 questions a second, from the moment each was due; of
    // the quietest of some windows, since whatever else runs on the machine only adds.
    name: 'gate.cached.p99',
    floor: 10,
    better: 'lower',
    measure: async () => {
      const ask = await gate()
      let quietest = Number.POSITIVE_INFINITY
      for (let window = 0; window < 12; window += 1) {
        const times = await atRate(ask, { perSecond: 500, seconds: 1 })
        const [p50, p99] = [percentile(times, 0.5), percentile(times, 0.99)]
        note(`500 remembered decisions a second: p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`)
        quietest = Math.min(quietest, p99)
      }
      return quietest
    },
  },
  {
    // Remembered decisions a second, one after the other.
    name: 'gate.cached.rate',
    floor: 500,
    better: 'higher',
    measure: async () => {
      const ask = await gate()
      const count = 5000
      const started = performance.now()
      for (let run = 0; run < count; run += 1) await ask(run)
      return (count / (performance.now() - started)) * 1000
    },
  },
  {
    // MiB of the heap that remembered decisions about 100 000 distinct digests hold.
    name: 'gate.cached.memory',
    floor: 128,
    better: 'lower',
    measure: heldMemory,
  },
]

type Ask = (run: number) => Promise<void>

/** A gate that has decided about some images already. */
async function gate(): Promise<Ask> {
  const scene = await gateScene()
  const references = await signedImages(scene, 20)
  const memory = recentDecisions()
  const ask: Ask = async (run) => {
    const reference = references[run % references.length] ?? ''
    const { verdict } = await decide(scene, reference, memory)
    if (verdict !== 'allow') throw new Error(`the decision is ${verdict}`)
  }
  for (const run of references.keys()) await ask(run)
  for (let run = 0; run < 500; run += 1) await ask(run)
  return ask
}

async function decide({ io }: GateScene, reference: string, memory: DecisionMemory): Promise<Decision> {
  const { decisions } = await gateImages([{ reference }], set, { io, languages: noLanguages, memory })
  const [decision] = decisions
  if (decision === undefined) throw new Error('there is no decision')
  return decision
}

async function signedImages(scene: GateScene, count: number): Promise<readonly string[]> {
  const references: string[] = []
  for (let made = 0; made < count; made += 1) {
    const image = await scene.push(`image ${made}`)
    await scene.sign({ identity: ci }, image)
    references.push(`${scene.registry.host}/acme/app@${image.digest}`)
  }
  return references
}

/** Milliseconds from when each question was due, whether or not the answers before had come. */
async function atRate(
  ask: Ask,
  { perSecond, seconds }: { readonly perSecond: number; readonly seconds: number },
): Promise<readonly number[]> {
  const started = performance.now()
  const count = perSecond * seconds
  const times: Promise<number>[] = []
  while (times.length < count) {
    const due = Math.min(count, 1 + Math.floor(((performance.now() - started) * perSecond) / 1000))
    while (times.length < due) {
      const at = started + (times.length * 1000) / perSecond
      times.push(ask(times.length).then(() => performance.now() - at))
    }
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  return await Promise.all(times)
}

async function heldMemory(): Promise<number> {
  const scene = await gateScene()
  const [reference = ''] = await signedImages(scene, 1)
  const decision = JSON.stringify(await decide(scene, reference, recentDecisions()))
  const memory = recentDecisions()
  const life = { made: scene.io.now, until: scene.io.now.getTime() + 600_000 }
  setFlagsFromString('--expose_gc')
  const collect: () => void = runInNewContext('gc')
  collect()
  const before = process.memoryUsage().heapUsed
  for (let digest = 0; digest < 100_000; digest += 1) {
    const own: Decision = JSON.parse(decision)
    await memory.keep(digest.toString(16).padStart(64, '0'), own, life)
  }
  collect()
  const held = (process.memoryUsage().heapUsed - before) / 1024 / 1024
  // What is held has to be held until now.
  if ((await memory.recall((99_999).toString(16).padStart(64, '0'), scene.io.now)) === undefined)
    throw new Error('the last decision is forgotten')
  return held
}
