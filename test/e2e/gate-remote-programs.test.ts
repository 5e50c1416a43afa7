import { GateError, parsePolicyFiles, recentDecisions, gateImages, workerLanguages } from '@assay/core'
import { gateScene, keyAuthority, scenePolicy, type GateScene } from '@assay/test-support/gate-scene'
import { sha256 } from '@assay/test-support/program-server'
import { expect, test } from 'vitest'
import type { GateIo } from '@assay/core'

const text = 'true'
const remote = `{type: cel, remote: {url: 'https://policies.example/p', sha256sum: ${sha256(text)}}}`
const vuln = `{name: v, predicateType: custom, policy: ${remote}}`

async function unavailable(): Promise<never> {
  throw new GateError('PROGRAM_UNAVAILABLE', 'the server does not give it', { got: 'status 404' })
}

interface Asked {
  readonly verdict: string
  readonly text: string
}

async function ask(scene: GateScene, spec: string, program?: GateIo['program']): Promise<Asked> {
  const languages = workerLanguages()
  const io = program === undefined ? {} : { program }
  const report = await scene.ask(scenePolicy(spec), { io, languages }).finally(() => languages.close())
  return { verdict: report.verdict, text: JSON.stringify(report) }
}

test('a program over an attestation is what its URL has', async () => {
  const scene = await gateScene()
  await scene.attest('custom', {})
  const spec = `authorities: [${keyAuthority(scene, `, attestations: [${vuln}]`)}]`
  expect(await ask(scene, spec, async () => text)).toMatchObject({ verdict: 'allow' })
  expect(await ask(scene, spec, async () => 'false')).toMatchObject({ verdict: 'deny' })
  const open = await ask(scene, spec, unavailable)
  expect(open.verdict).toBe('undecided')
  expect(open.text).toContain(
    '"code":"PROGRAM_UNRESOLVED","step":"program","on":"https://policies.example/p"',
  )
  expect(open.text).toContain('"got":"status 404"')
})

test('without one of its programs a policy is not met by another authority either', async () => {
  const scene = await gateScene()
  await scene.sign()
  const other = keyAuthority(scene, `, attestations: [${vuln}]`)
  const spec = `authorities: [${keyAuthority(scene)}, ${other}]`
  expect(await ask(scene, spec, async () => text)).toMatchObject({ verdict: 'allow' })
  expect(await ask(scene, spec, unavailable)).toMatchObject({ verdict: 'undecided' })
})

test('an image that is not signed stays denied where a program cannot be had', async () => {
  const scene = await gateScene()
  const spec = `authorities: [${keyAuthority(scene)}], policy: ${remote}`
  expect(await ask(scene, spec, unavailable)).toMatchObject({ verdict: 'deny' })
})

test('where nobody fetches programs the question stays open', async () => {
  const scene = await gateScene()
  const open = await ask(scene, `authorities: [{static: {action: pass}}], policy: ${remote}`)
  expect(open).toMatchObject({ verdict: 'undecided' })
  expect(open.text).toContain('UNSUPPORTED')
})

test('what was allowed with a program is not remembered for a run without it', async () => {
  const scene = await gateScene()
  await scene.sign()
  const memory = recentDecisions()
  const languages = workerLanguages()
  const policy = scenePolicy(`authorities: [${keyAuthority(scene)}], policy: ${remote}`)
  const set = { ...parsePolicyFiles([{ name: 'p', text: policy }]), noMatch: 'deny' as const }
  const reference = `registry.test/acme/app@${scene.image.digest}`
  const verdicts: string[] = []
  for (const program of [async () => text, unavailable, async () => text]) {
    const options = { io: { ...scene.io, program }, languages, memory }
    // oxlint-disable-next-line no-await-in-loop -- one run after the other
    verdicts.push((await gateImages([{ reference }], set, options)).verdict)
  }
  await languages.close()
  expect(verdicts).toEqual(['allow', 'undecided', 'allow'])
})
