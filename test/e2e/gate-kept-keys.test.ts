import { gateImages, noLanguages, parsePolicyFiles, recentDecisions } from '@assay/core'
import { RegistryError } from '@assay/registry'
import { gateScene, scenePolicy } from '@assay/test-support/gate-scene'
import { expect, test } from 'vitest'
import { parsePublicKey } from '../../packages/core/src/trust/public-key.ts'

const policy = scenePolicy('authorities: [{key: {kms: "gcpkms://projects/p/key"}, ctlog: {}}]')

async function keptKey(): Promise<never> {
  throw new RegistryError('UNREACHABLE', 'no answer')
}

test('what a key that a service keeps decides is not remembered: its name does not say what it is', async () => {
  const scene = await gateScene()
  await scene.sign()
  const other = await gateScene()
  const memory = recentDecisions()
  const set = { ...parsePolicyFiles([{ name: 'p', text: policy }]), noMatch: 'deny' as const }
  const ask = async (pem: string): Promise<string> => {
    const io = { ...scene.io, keptKey: async () => parsePublicKey(pem) }
    const reference = `registry.test/acme/app@${scene.image.digest}`
    return (await gateImages([{ reference }], set, { io, languages: noLanguages, memory })).verdict
  }
  expect([await ask(scene.keys.publicPem), await ask(other.keys.publicPem)]).toEqual(['allow', 'deny'])
})

test('a key that a service does not give leaves the question open', async () => {
  const scene = await gateScene()
  await scene.sign()
  const report = await scene.ask(policy, { io: { keptKey } })
  expect([report.verdict, JSON.stringify(report).includes('KEY_UNRESOLVED')]).toEqual(['undecided', true])
})
