import {
  gateImages,
  noLanguages,
  parsePolicyFiles,
  recentDecisions,
  shorterMemory,
  storedDecisions,
  type DecisionMemory,
  type GateIo,
  type GateReport,
  type LanguageRuntime,
} from '@assay/core'
import { RegistryError } from '@assay/registry'
import {
  gateScene,
  keyAuthority,
  scenePolicy,
  sceneTime,
  type GateScene,
} from '@assay/test-support/gate-scene'
import { describe, expect, test } from 'vitest'
import { readDecision, writeDecision } from '../../packages/core/src/report/remembered-decision.ts'

const minute = 60_000

/** A gate that remembers, in front of a scene: how it answers, and how much it asks the registry for that. */
interface Gate {
  readonly ask: (policies: string, more?: Asked) => Promise<GateReport>
  readonly requests: () => number
}

interface Asked {
  readonly reference?: string
  /** Milliseconds after the first question. */
  readonly after?: number
  readonly io?: Partial<GateIo>
  readonly languages?: LanguageRuntime
}

function gateWith(scene: GateScene, memory: DecisionMemory): Gate {
  const byDigest = `registry.test/acme/app@${scene.image.digest}`
  return {
    ask: async (policies, { reference = byDigest, after = 0, io = {}, languages = noLanguages } = {}) => {
      const { problems, ...set } = parsePolicyFiles([{ name: 'p.yaml', text: policies }])
      if (problems.length > 0) throw new Error(JSON.stringify(problems))
      const now = new Date(scene.io.now.getTime() + after)
      return await gateImages(
        [{ reference }],
        { ...set, noMatch: 'deny' },
        { io: { ...scene.io, now, ...io }, languages, memory },
      )
    },
    requests: () => scene.registry.log.length,
  }
}

async function unreachable(): Promise<never> {
  throw new RegistryError('UNREACHABLE', 'no answer')
}

async function noTrustRoot(): Promise<never> {
  throw new Error('nobody has to ask for it')
}

/** A store in memory, with what one process wrote for another one. */
function shelf(): DecisionMemory {
  const kept = new Map<string, Buffer>()
  return storedDecisions(
    { get: async (name) => kept.get(name), put: async (name, bytes) => void kept.set(name, bytes) },
    { write: writeDecision, read: readDecision, version: '1' },
  )
}

async function signed(): Promise<{ readonly scene: GateScene; readonly policy: string }> {
  const scene = await gateScene()
  await scene.sign()
  return { scene, policy: scenePolicy(`authorities: [${keyAuthority(scene)}]`) }
}

test('decisions count for a shorter time where that is said, whoever kept them', async () => {
  const { scene, policy } = await signed()
  const kept = shelf()
  const [short, long] = [gateWith(scene, shorterMemory(kept, minute)), gateWith(scene, kept)]
  const fresh = async (gate: Gate, after: number): Promise<boolean> => {
    const before = gate.requests()
    expect((await gate.ask(policy, { after })).verdict).toBe('allow')
    return gate.requests() > before
  }
  expect([await fresh(long, 0), await fresh(short, minute - 1), await fresh(long, 2 * minute)]).toEqual([
    true,
    false,
    false,
  ])
  expect([await fresh(short, minute), await fresh(long, 2 * minute)]).toEqual([true, true])
})

describe.each([
  ['in the memory of a process', () => recentDecisions()],
  ['kept between processes', shelf],
])('decisions %s', (_where, memory) => {
  test.each([
    ['is', undefined],
    ['is not', true],
  ] as const)('of a program %s remembered, where volatile is %s', async (_, volatile) => {
    const { scene } = await signed()
    const gate = gateWith(scene, memory())
    const policy = scenePolicy(`policy: {type: cel, data: x}, authorities: [${keyAuthority(scene)}]`)
    const languages: LanguageRuntime = {
      run: async () => ({ status: 'true', ...(volatile !== undefined && { volatile }) }),
    }
    expect((await gate.ask(policy, { languages })).verdict).toBe('allow')
    const before = gate.requests()
    expect((await gate.ask(policy, { languages })).verdict).toBe('allow')
    expect(gate.requests() > before).toBe(volatile === true)
  })

  test('are remembered for an image by digest, without any question to the registry', async () => {
    const { scene, policy } = await signed()
    const gate = gateWith(scene, memory())
    expect((await gate.ask(policy)).verdict).toBe('allow')
    const before = gate.requests()
    const again = await gate.ask(policy)
    expect([again.verdict, gate.requests() - before]).toEqual(['allow', 0])
    expect(again.decisions[0]).toMatchObject({
      subject: scene.image.digest,
      policies: [{ outcome: { status: 'met' } }],
    })
  })

  test('are never remembered by tag: a tag that moved is another image', async () => {
    const { scene, policy } = await signed()
    const gate = gateWith(scene, memory())
    const reference = 'registry.test/acme/app:v1'
    expect((await gate.ask(policy, { reference })).verdict).toBe('allow')
    await scene.push('unsigned', 'v1')
    expect((await gate.ask(policy, { reference })).verdict).toBe('deny')
  })

  test('belong to what the policies say, and not to the file that says it', async () => {
    const { scene, policy } = await signed()
    const gate = gateWith(scene, memory())
    await gate.ask(policy)
    const before = gate.requests()
    await gate.ask(`# moved\n${policy}`)
    expect(gate.requests() - before).toBe(0)
    const stricter = policy.replace('images:', 'requireDigest: true, images:')
    await gate.ask(stricter)
    expect(gate.requests() - before).toBeGreaterThan(0)
    expect((await gate.ask(scenePolicy('authorities: [{static: {action: fail}}]'))).verdict).toBe('deny')
  })

  test('belong to the trust root, and to the name that the policies see', async () => {
    const { scene, policy } = await signed()
    const gate = gateWith(scene, memory())
    expect((await gate.ask(policy)).verdict).toBe('allow')
    const other = await gateScene()
    expect((await gate.ask(policy, { io: { trustRoot: () => other.io.trustRoot(undefined) } })).verdict).toBe(
      'deny',
    )
    // Refused for all images but for one, by an exception.
    const text = scenePolicy(
      `authorities: [${keyAuthority(other)}], exceptions: [{images: [{glob: 'registry.test/acme/app**'}], reason: r, expires: 2026-12-31}]`,
    )
    expect((await gate.ask(text)).verdict).toBe('allow')
    const elsewhere = await gate.ask(text, {
      reference: `registry.test/acme/other@${scene.image.digest}`,
      io: {
        openImage: (_, call) => scene.io.openImage(`registry.test/acme/app@${scene.image.digest}`, call),
      },
    })
    expect(elsewhere.verdict).toBe('deny')
  })

  test('end after ten minutes, and with an exception or an age before', async () => {
    const { scene, policy } = await signed()
    const until = async (text: string, after: number): Promise<number> => {
      const gate = gateWith(scene, memory())
      expect((await gate.ask(text)).verdict).toBe('allow')
      const before = gate.requests()
      await gate.ask(text, { after })
      return gate.requests() - before
    }
    expect(await until(policy, 9 * minute)).toBe(0)
    expect(await until(policy, 10 * minute)).toBeGreaterThan(0)
    // The scene's clock is an hour after the signature.
    const aged = scenePolicy(`authorities: [${keyAuthority(scene, ', maxAge: 62m')}]`)
    expect(await until(aged, minute)).toBe(0)
    expect(await until(aged, 3 * minute)).toBeGreaterThan(0)
    const end = new Date(scene.io.now.getTime() + 5 * minute).toISOString()
    const excepted = scenePolicy(
      `authorities: [{static: {action: fail}}], requireDigest: true, exceptions: [{images: [{glob: '**'}], reason: r, expires: '${end}'}]`,
    )
    expect(await until(excepted, 4 * minute)).toBe(0)
    expect(await until(excepted, 5 * minute)).toBeGreaterThan(0)
  })

  test('by a bare key need no trust root', async () => {
    const { scene } = await signed()
    const gate = gateWith(scene, memory())
    const policy = scenePolicy(`authorities: [${keyAuthority(scene).replace(', ctlog: {}', '')}]`)
    for (const count of [1, 0]) {
      const before = gate.requests()
      expect((await gate.ask(policy, { io: { trustRoot: noTrustRoot } })).verdict).toBe('allow')
      expect(Math.min(gate.requests() - before, 1)).toBe(count)
    }
  })

  test('that nobody could make are asked for again', async () => {
    const { scene, policy } = await signed()
    const gate = gateWith(scene, memory())
    expect((await gate.ask(policy, { io: { openImage: unreachable } })).verdict).toBe('undecided')
    expect((await gate.ask(policy)).verdict).toBe('allow')
    const unknown = [
      scenePolicy('authorities: [{key: {secretRef: {name: s}}, ctlog: {}}]'),
      // The key and the trust root are known here, and the language is not.
      scenePolicy(`policy: {type: cel, data: 'true'}, authorities: [${keyAuthority(scene)}]`),
    ]
    for (const asked of unknown.flatMap((each) => [each, each])) {
      const before = gate.requests()
      expect((await gate.ask(asked)).verdict).toBe('undecided')
      expect(gate.requests() - before).toBeGreaterThan(0)
    }
  })
})

describe('a no', () => {
  test('is remembered for seconds in one process, and never between processes', async () => {
    const scene = await gateScene()
    const policy = scenePolicy(`authorities: [${keyAuthority(scene)}]`)
    const inProcess = gateWith(scene, recentDecisions())
    const between = gateWith(scene, shelf())
    for (const gate of [inProcess, between]) expect((await gate.ask(policy)).verdict).toBe('deny')
    await scene.sign()
    expect((await inProcess.ask(policy, { after: 10_000 })).verdict).toBe('deny')
    expect((await inProcess.ask(policy, { after: 30_000 })).verdict).toBe('allow')
    expect((await between.ask(policy)).verdict).toBe('allow')
  })
})

describe('what was kept between processes', () => {
  test('says so, and shows the same evidence', async () => {
    const { scene, policy } = await signed()
    const { renderGate, gateDocument } = await import('@assay/core')
    const gate = gateWith(scene, shelf())
    const first = await gate.ask(policy)
    const again = await gate.ask(policy)
    expect(renderGate(again, { color: false })).toContain(
      `decided    at ${scene.io.now.toISOString()}, and remembered`,
    )
    const evidence = (report: GateReport): unknown => gateDocument(report).decisions[0]?.policies
    expect(evidence(again)).toEqual(evidence(first))
    expect(sceneTime < scene.io.now).toBe(true)
  })
})

describe('the memory of a process', () => {
  test('forgets the least lately used first, and holds no more than its limit', async () => {
    const { scene, policy } = await signed()
    const { decisions } = await gateWith(scene, recentDecisions()).ask(policy)
    const [decision] = decisions
    if (decision === undefined) throw new Error('no decision')
    const memory = recentDecisions(2)
    const now = scene.io.now
    const life = { made: now, until: now.getTime() + minute }
    await memory.keep('a', decision, life)
    await memory.keep('b', decision, life)
    await memory.recall('a', now)
    await memory.keep('c', decision, life)
    const held = await Promise.all(
      ['a', 'b', 'c'].map(async (key) => (await memory.recall(key, now)) !== undefined),
    )
    expect(held).toEqual([true, false, true])
  })
})
