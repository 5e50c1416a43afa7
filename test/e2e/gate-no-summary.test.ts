import { gateImages, noLanguages, type GateReport } from '@assay/core'
import { ask, attest, summariesOf } from '@assay/test-support/attest-scene'
import { gateScene, keyAuthority, scenePolicy } from '@assay/test-support/gate-scene'
import { describe, expect, test } from 'vitest'
import { buildImage, buildIndex, pushImage } from '../support/image-builder.ts'

function config(spec: string): string {
  return `---\napiVersion: assay.dev/v1alpha1\nkind: GateConfig\nmetadata: {name: g}\nspec: ${spec}\n`
}

describe('no summary is signed', () => {
  const exception =
    "authorities: [{static: {action: fail}}], requireDigest: false, exceptions: [{images: [{glob: '**'}], reason: r, expires: 2026-12-31}]"

  test.each<[string, string, GateReport['verdict']]>([
    [
      'for what is denied, unless asked',
      scenePolicy('requireDigest: true, authorities: [{static: {action: pass}}]'),
      'deny',
    ],
    [
      'for what an exception lets through',
      scenePolicy(exception) +
        scenePolicy('authorities: [{static: {action: pass}}], requireDigest: false', 'other'),
      'allow',
    ],
    [
      'for what a mode lets through',
      scenePolicy('mode: warn, requireDigest: true, authorities: [{static: {action: pass}}]'),
      'allow',
    ],
    [
      'where a policy is not met that only warns',
      scenePolicy('authorities: [{static: {action: pass}}], requireDigest: false') +
        scenePolicy('mode: warn, requireDigest: true, authorities: [{static: {action: pass}}]', 'other'),
      'allow',
    ],
    [
      'where a policy is not met that only records',
      scenePolicy('authorities: [{static: {action: pass}}], requireDigest: false') +
        scenePolicy('mode: audit, requireDigest: true, authorities: [{static: {action: pass}}]', 'other'),
      'allow',
    ],
    [
      'for what onError lets through',
      scenePolicy(`authorities: [{key: {secretRef: {name: s}}, ctlog: {}}]`) + config('{onError: allow}'),
      'allow',
    ],
  ])('%s', async (...[, policy, verdict]) => {
    const scene = await gateScene()
    await scene.sign()
    const asked = await ask(scene, policy)
    expect(asked.report.verdict).toBe(verdict)
    const report = await attest(scene, asked)
    expect(report.decisions.map(({ summary }) => summary)).toEqual([undefined])
    expect(report.decisions.some(({ warnings }) => warnings.some(({ code }) => code === 'NO_SUMMARY'))).toBe(
      verdict === 'allow',
    )
    expect(await summariesOf(scene)).toEqual([])
  })

  test('for what is denied by something else than a policy, FAILED neither', async () => {
    const scene = await gateScene()
    await scene.sign()
    const asked = await ask(scene, scenePolicy(`authorities: [${keyAuthority(scene)}]`))
    const message = 'there is no shell in it'
    const denied: GateReport = {
      verdict: 'deny',
      decisions: asked.report.decisions.map((decision) => ({
        ...decision,
        verdict: 'deny',
        because: [{ code: 'CANNOT_START', step: 'fit', message }],
      })),
    }
    const report = await attest(scene, { ...asked, report: denied }, { failures: true })
    expect(report.decisions).toMatchObject([{ warnings: [{ code: 'NO_SUMMARY' }] }])
    expect(await summariesOf(scene)).toEqual([])
  })

  test('for what no policy is about, FAILED neither', async () => {
    const scene = await gateScene()
    const asked = await ask(
      scene,
      scenePolicy('requireDigest: true, authorities: [{static: {action: fail}}]'),
    )
    const [failed] = (await attest(scene, asked, { failures: true })).decisions
    expect(failed?.summary?.result).toBe('FAILED')
    const nowhere = scenePolicy('authorities: [{static: {action: pass}}]').replace('**', 'other.example/**')
    const other = await scene.push('other', 'v2')
    const none = await ask(scene, nowhere, 'registry.test/acme/app:v2')
    expect((await attest(scene, none, { failures: true })).verdict).toBe('deny')
    expect(await summariesOf(scene, other.digest)).toEqual([])
  })

  test('for what a policy reaches by a tag that nobody looked up', async () => {
    const scene = await gateScene()
    await scene.sign()
    const byTag = scenePolicy(`authorities: [${keyAuthority(scene)}]`).replace('**', '**:good')
    const reference = `registry.test/acme/app:good@${scene.image.digest}`
    const { set } = await ask(scene, byTag, reference)
    const lenient = { ...set, noMatch: 'allow' as const }
    const report = await gateImages([{ reference }], lenient, { io: scene.io, languages: noLanguages })
    expect(report.verdict).toBe('allow')
    await attest(scene, { set: lenient, report })
    expect(await summariesOf(scene)).toEqual([])
  })

  test('for what the owner of a namespace alone answers for', async () => {
    const scene = await gateScene()
    await scene.sign()
    const owned = scenePolicy(`authorities: [${keyAuthority(scene)}]`)
      .replace('kind: ClusterImagePolicy', 'kind: ImagePolicy')
      .replace(/metadata: \{/, 'metadata: {namespace: prod, ')
    const { set } = await ask(scene, owned)
    const asked = { set: { ...set, noMatch: 'allow' as const } }
    const report = await gateImages([{ reference: 'registry.test/acme/app:v1' }], asked.set, {
      io: scene.io,
      languages: noLanguages,
    })
    expect(report.verdict).toBe('allow')
    await attest(scene, { ...asked, report })
    expect(await summariesOf(scene)).toEqual([])
  })

  test('for an index that one of its images does not come up to', async () => {
    const scene = await gateScene()
    const platform = { os: 'linux', architecture: 'arm64' }
    const child = await buildImage({ layers: [], platform })
    const root = await pushImage(scene.repository, buildIndex([{ image: child, platform }]), 'multi')
    await scene.sign({}, root)
    const policy = scenePolicy(`authorities: [${keyAuthority(scene)}]`) + config('{platforms: all}')
    const asked = await ask(scene, policy, 'registry.test/acme/app:multi')
    expect(asked.report).toMatchObject({
      verdict: 'deny',
      decisions: [
        { verdict: 'allow', subject: root.digest },
        { verdict: 'deny', subject: child.descriptor.digest, partOf: root.digest },
      ],
    })
    expect((await attest(scene, asked)).decisions.map(({ summary }) => summary)).toEqual([
      undefined,
      undefined,
    ])
    await scene.sign({}, child.descriptor)
    const now = await attest(scene, await ask(scene, policy, 'registry.test/acme/app:multi'))
    expect(now.decisions.map(({ summary }) => summary?.result)).toEqual(['PASSED', undefined])
  })

  test('for another image than the one that was decided about', async () => {
    const scene = await gateScene()
    await scene.sign()
    const other = await scene.push('other')
    const asked = await ask(scene, scenePolicy(`authorities: [${keyAuthority(scene)}]`))
    const open = (): string => `registry.test/acme/app@${other.digest}`
    await expect(attest(scene, asked, { open })).rejects.toMatchObject({ code: 'WRONG_IMAGE' })
    expect(await summariesOf(scene, other.digest)).toEqual([])
  })
})
