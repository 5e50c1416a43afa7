import { type HttpRequest, type HttpResponse, type Transport } from '@assay/registry'
import { gateScene, scenePolicy, type GateScene } from '@assay/test-support/gate-scene'
import { describe, expect, test } from 'vitest'
import { parseMirror } from '../../packages/core/src/source/mirrors.ts'
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

async function roundsFor(scene: GateScene, reference: string): Promise<number> {
  const { transport, count } = inRounds(scene.registry.transport)
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
