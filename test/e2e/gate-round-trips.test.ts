import { Readable } from 'node:stream'
import { gateImages, noLanguages, parsePolicyFile, recentDecisions } from '@assay/core'
import {
  parseMirror,
  registryTransport,
  type HttpRequest,
  type HttpResponse,
  type Transport,
} from '@assay/registry'
import { gateScene, scenePolicy, type GateScene } from '@assay/test-support/gate-scene'
import { describe, expect, test } from 'vitest'
import { openImage, openImageStore } from '../../packages/core/src/source/open-image.ts'

const ci = { subject: 'https://ci.example/acme/app', issuer: 'https://issuer.example' }
const policy = scenePolicy(
  `authorities: [{keyless: {identities: [{issuer: ${ci.issuer}, subject: ${ci.subject}}]}}]`,
)

interface Rounds {
  readonly transport: Transport
  readonly count: () => number
}

/** Holds requests back until nobody asks any more, then lets all of them go: one round trip of a slow network. */
function inRounds(next: Transport): Rounds {
  let rounds = 0
  let waiting: (() => void)[] = []
  const release = (): void => {
    rounds += 1
    const released = waiting
    waiting = []
    for (const go of released) go()
  }
  return {
    transport: async (request: HttpRequest): Promise<HttpResponse> => {
      const { promise, resolve } = Promise.withResolvers<undefined>()
      if (waiting.length === 0) setTimeout(release, 30)
      waiting.push(() => resolve(undefined))
      await promise
      return await next(request)
    },
    count: () => rounds,
  }
}

function answer(status: number, headers: Readonly<Record<string, string>>, body = ''): HttpResponse {
  return { status, headers, body: Readable.from([Buffer.from(body)]) }
}

function clientOf(base: Transport): Transport {
  return registryTransport({ base })
}

/** A registry that wants a token, which everybody gets. */
function behindTokens(next: Transport): Transport {
  return async (request) => {
    const { pathname } = new URL(request.url)
    if (pathname === '/token') return answer(200, { 'content-type': 'application/json' }, '{"token":"t"}')
    if (request.headers?.['authorization'] === 'Bearer t') return await next(request)
    return answer(401, {
      'www-authenticate':
        'Bearer realm="https://registry.test/token",service="r",scope="repository:acme/app:pull"',
    })
  }
}

/** What stands between the gate and the registry: on the far side of the network, and on this one. */
interface Between {
  readonly place?: (registry: Transport) => Transport
  readonly client?: (network: Transport) => Transport
}

const asItIs = (transport: Transport): Transport => transport

async function roundsFor(
  scene: GateScene,
  reference: string,
  { place = asItIs, client = asItIs }: Between = {},
): Promise<number> {
  const counted = inRounds(place(scene.registry.transport))
  const { count } = counted
  const transport = client(counted.transport)
  const report = await scene.ask(policy, {
    references: [reference],
    io: {
      openImage: (text, call) => openImage(text, { connect: async () => ({ transport }) }, call),
      openStore: (text) => openImageStore(text, { connect: async () => ({ transport }) }),
    },
  })
  expect(report.verdict).toBe('allow')
  return count()
}

describe('round trips of one decision: referrers API, anonymous, one keyless signature', () => {
  test('by digest: at most 3', async () => {
    const scene = await gateScene()
    await scene.sign({ identity: ci })
    expect(await roundsFor(scene, `registry.test/acme/app@${scene.image.digest}`)).toBeLessThanOrEqual(3)
  })

  test('by tag: one more', async () => {
    const scene = await gateScene()
    await scene.sign({ identity: ci })
    expect(await roundsFor(scene, 'registry.test/acme/app:v1')).toBeLessThanOrEqual(4)
  })

  test('with a token that has to be fetched first: two more', async () => {
    const scene = await gateScene()
    await scene.sign({ identity: ci })
    const reference = `registry.test/acme/app@${scene.image.digest}`
    const rounds = await roundsFor(scene, reference, { place: behindTokens, client: clientOf })
    expect([4, 5]).toContain(rounds)
  })

  test('of a decision that is remembered: none', async () => {
    const scene = await gateScene()
    await scene.sign({ identity: ci })
    const memory = recentDecisions()
    const reference = `registry.test/acme/app@${scene.image.digest}`
    const { transport, count } = inRounds(scene.registry.transport)
    const connect = async (): Promise<{ readonly transport: Transport }> => ({ transport })
    const io = {
      ...scene.io,
      openImage: (text: string) => openImage(text, { connect }),
      openStore: (text: string) => openImageStore(text, { connect }),
    }
    const set = { ...parsePolicyFile(policy, 'p.yaml'), noMatch: 'deny' } as const
    for (const expected of [3, 3]) {
      const { verdict } = await gateImages([{ reference }], set, { io, languages: noLanguages, memory })
      expect([verdict, count()]).toEqual(['allow', expected])
    }
  })

  test('what is asked for early is asked where the image is: at its mirror', async () => {
    const scene = await gateScene()
    await scene.sign({ identity: ci })
    const mirrors = [parseMirror('origin.test=registry.test')]
    const { transport } = scene.registry
    const options = { connect: async () => ({ transport }), mirrors }
    const report = await scene.ask(policy, {
      references: [`origin.test/acme/app@${scene.image.digest}`],
      io: {
        openImage: (text, call) => openImage(text, options, call),
        openStore: (text) => openImageStore(text, options),
      },
    })
    expect(report.verdict).toBe('allow')
  })

  test('what is asked for early is not used where the image is another one (attack A-67)', async () => {
    const scene = await gateScene()
    await scene.sign({ identity: ci })
    const other = await scene.push('other')
    const report = await scene.ask(policy, {
      references: [`registry.test/acme/app@${other.digest}`],
      io: {
        // A place that answers the question for one digest with another, signed image.
        openImage: async (_, call) =>
          await openImage(
            `registry.test/acme/app@${scene.image.digest}`,
            { connect: async () => ({ transport: scene.registry.transport }) },
            call,
          ),
      },
    })
    expect(report).toMatchObject({ verdict: 'deny', decisions: [{ because: [{ code: 'IMAGE_REFUSED' }] }] })
  })
})
