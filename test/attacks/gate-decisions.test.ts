import { gateDocument, renderGate, type GateReport } from '@assay/core'
import { digestOf, streamOf, type HttpResponse } from '@assay/registry'
import { gateScene, keyAuthority, scenePolicy, type GateScene } from '@assay/test-support/gate-scene'
import { describe, expect, test } from 'vitest'
import { reasonsOf } from '../../packages/core/src/policy/outcome.ts'
import { all } from '../support/artifacts.ts'
import { when } from '../support/registry/faults.ts'

const ci = { subject: 'https://ci.example/acme/app', issuer: 'https://issuer.example' }

function codesOf({ decisions }: GateReport): readonly string[] {
  return decisions
    .flatMap(({ because, policies }) => [
      ...because,
      ...policies.flatMap(({ outcome }) => reasonsOf(outcome)),
    ])
    .map(({ code }) => code)
}

function answer(status: number, body = '', headers: Readonly<Record<string, string>> = {}): HttpResponse {
  return { status, headers, body: streamOf(new TextEncoder().encode(body)) }
}

async function signed(): Promise<{ readonly scene: GateScene; readonly policy: string }> {
  const scene = await gateScene()
  await scene.sign()
  return { scene, policy: scenePolicy(`authorities: [${keyAuthority(scene)}]`) }
}

describe('tag to digest', () => {
  test('A-63: a tag that moves between two answers: resolved once, decided about that digest', async () => {
    const { scene, policy } = await signed()
    const evil = await scene.push('evil')
    let asked = 0
    scene.registry.setFaults([
      when(/manifests\/v1$/, async (_, honest) => {
        asked += 1
        if (asked > 1) await scene.repository.tag(evil, 'v1')
        return await honest()
      }),
    ])
    const report = await scene.ask(policy)
    expect(asked).toBe(1)
    expect(report).toMatchObject({ verdict: 'allow', decisions: [{ subject: scene.image.digest }] })
  })

  test.each(['A-64', 'A-68'])(
    '%s: a digest was named, the registry answers with another image',
    async (id) => {
      const { scene, policy } = await signed()
      const evil = await scene.push(`evil ${id}`, 'evil')
      const pinned = `sha256:${'d'.repeat(64)}`
      const manifest = await (async () => {
        for await (const chunk of scene.repository.open(evil)) return Buffer.from(chunk).toString()
        return ''
      })()
      // A-64: the header repeats what was asked for; A-68: it says truthfully what came.
      const digest = id === 'A-64' ? pinned : evil.digest
      scene.registry.setFaults([
        when(/manifests\/sha256:d{64}$/, () =>
          answer(200, manifest, { 'content-type': evil.mediaType, 'docker-content-digest': digest }),
        ),
      ])
      const report = await scene.ask(policy, { references: [`registry.test/acme/app@${pinned}`] })
      expect([report.verdict, codesOf(report)]).toEqual(['deny', ['IMAGE_REFUSED']])
    },
  )

  test('A-67: the place resolves a digest to another, well signed image', async () => {
    const { scene, policy } = await signed()
    const pinned = `registry.test/acme/app@sha256:${'d'.repeat(64)}`
    const openImage: typeof scene.io.openImage = (_, call) =>
      scene.io.openImage('registry.test/acme/app:v1', call)
    const report = await scene.ask(policy, { references: [pinned], io: { openImage } })
    expect([report.verdict, codesOf(report)]).toEqual(['deny', ['IMAGE_REFUSED']])
  })

  test('A-71: requireDigest refuses a tag, and does nothing to a digest', async () => {
    const { scene } = await signed()
    const policy = scenePolicy(`requireDigest: true, authorities: [${keyAuthority(scene)}]`)
    const references = [`registry.test/acme/app:v1`, `registry.test/acme/app@${scene.image.digest}`]
    const report = await scene.ask(policy, { references })
    expect(report.decisions.map(({ verdict }) => verdict)).toEqual(['deny', 'allow'])
  })

  test('I-17: what is allowed is printed with its digest, in text and in JSON', async () => {
    const { scene, policy } = await signed()
    const report = await scene.ask(policy)
    const deploy = `registry.test/acme/app:v1@${scene.image.digest}`
    expect(renderGate(report, { color: false })).toContain(`ALLOW ${deploy}\n`)
    expect(gateDocument(report).decisions).toMatchObject([{ digest: scene.image.digest, deploy }])
  })
})

describe('shared facts', () => {
  test('A-73: policies that differ in one text only do not share their answers', async () => {
    const scene = await gateScene()
    await scene.sign({ identity: { ...ci, subject: 'a,b' } })
    const of = (subjects: readonly string[]): string => {
      const identities = subjects.map((subject) => `{issuer: ${ci.issuer}, subject: '${subject}'}`).join(', ')
      return scenePolicy(`authorities: [{keyless: {identities: [${identities}]}}]`)
    }
    expect((await scene.ask(of(['a', 'b,c']))).verdict).toBe('deny')
    expect((await scene.ask(of(['a,b', 'c']))).verdict).toBe('allow')
  })

  test('A-74: what counts under one key does not count under another', async () => {
    const scene = await gateScene()
    const stranger = await gateScene()
    await scene.sign()
    const policies = `${scenePolicy(`authorities: [${keyAuthority(scene)}]`)}${scenePolicy(`authorities: [${keyAuthority(stranger)}]`, 'q')}`
    const report = await scene.ask(policies)
    expect(report.decisions[0]?.policies.map(({ outcome }) => outcome.status)).toEqual(['met', 'unmet'])
    expect(report.verdict).toBe('deny')
  })

  test('A-76: a signature for one image, attached to another', async () => {
    const { scene, policy } = await signed()
    const other = await scene.push('other', 'other')
    const [referrer] = await all(scene.repository.referrers(scene.image.digest))
    const manifest = JSON.parse(await textOf(scene, referrer?.digest ?? ''))
    const moved = JSON.stringify({
      ...manifest,
      subject: { ...manifest.subject, digest: other.digest, size: other.size },
    })
    const bytes = new TextEncoder().encode(moved)
    await scene.repository.push(
      { mediaType: manifest.mediaType, digest: digestOf(bytes), size: bytes.byteLength },
      streamOf(bytes),
    )
    const report = await scene.ask(policy, {
      references: ['registry.test/acme/app:v1', 'registry.test/acme/app:other'],
    })
    expect(report.decisions.map(({ verdict }) => verdict)).toEqual(['allow', 'deny'])
    expect(renderGate(report, { color: false })).toContain('SUBJECT_MISMATCH')
  })
})

async function textOf(scene: GateScene, digest: string): Promise<string> {
  const descriptor = await scene.repository.resolve(digest)
  const chunks = await all(scene.repository.open(descriptor))
  return Buffer.concat(chunks).toString()
}
