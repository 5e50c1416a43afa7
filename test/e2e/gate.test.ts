import { gateDocument, noLanguages, renderGate } from '@assay/core'
import { RegistryError } from '@assay/registry'
import { gateScene, keyAuthority, scenePolicy } from '@assay/test-support/gate-scene'
import { describe, expect, test } from 'vitest'
import { reasonsOf } from '../../packages/core/src/policy/outcome.ts'
import type { GateReport } from '../../packages/core/src/policy/decision.ts'

const ci = { subject: 'https://ci.example/acme/app', issuer: 'https://issuer.example' }
const keyless = `{name: ci, keyless: {identities: [{issuer: ${ci.issuer}, subject: ${ci.subject}}]}}`
const vulns = 'https://example.com/vulns/v1'

async function unreachable(): Promise<never> {
  throw new RegistryError('UNREACHABLE', 'the mirror does not answer')
}

function codesOf({ decisions }: GateReport): readonly string[] {
  return decisions
    .flatMap(({ because, policies }) => [
      ...because,
      ...policies.flatMap(({ outcome }) => reasonsOf(outcome)),
    ])
    .map(({ code }) => code)
}

describe('the gate, on images that are really signed', () => {
  test('allows what the key signed, and names the digest to deploy', async () => {
    const scene = await gateScene()
    await scene.sign()
    const report = await scene.ask(scenePolicy(`authorities: [${keyAuthority(scene)}]`))
    expect(report.verdict).toBe('allow')
    expect(gateDocument(report)).toMatchObject({
      ok: true,
      decisions: [{ digest: scene.image.digest, deploy: `registry.test/acme/app:v1@${scene.image.digest}` }],
    })
    const [first = '', second] = renderGate(report, { color: false }).split('\n')
    expect(first).toBe(`ALLOW registry.test/acme/app:v1@${scene.image.digest}`)
    expect(second).toBe('  policy     p (policy.yaml:2): met')
  })

  test.each(['v1', 'v2'] as const)('allows what the certificate signed, in log %s', async (log) => {
    const scene = await gateScene()
    await scene.sign({ identity: ci, log })
    expect((await scene.ask(scenePolicy(`authorities: [${keyless}]`))).verdict).toBe('allow')
  })

  test('refuses the signature of another key, and says why', async () => {
    const scene = await gateScene()
    const stranger = await gateScene()
    await scene.sign()
    const report = await scene.ask(scenePolicy(`authorities: [${keyAuthority(stranger)}]`))
    expect([report.verdict, codesOf(report)]).toEqual(['deny', ['NO_SIGNATURE', 'ATTACHMENT_REFUSED']])
    expect(renderGate(report, { color: false })).toContain('LOG_ENTRY_MISMATCH')
  })

  test('refuses a signature that stands in no log, unless the policy does without', async () => {
    const scene = await gateScene()
    await scene.sign({ log: 'none' })
    const logged = keyAuthority(scene)
    const unlogged = logged.replace(/, ctlog: \{[^}]*\}/, '')
    expect((await scene.ask(scenePolicy(`authorities: [${logged}]`))).verdict).toBe('deny')
    const report = await scene.ask(scenePolicy(`authorities: [${unlogged}]`))
    expect(report.verdict).toBe('allow')
    expect(renderGate(report, { color: false })).toContain('WEAKENED: transparency log ignored')
  })

  test('demands a timestamp where the policy does', async () => {
    const stamped = keyless.replace('{name', '{rfc3161timestamp: {}, name')
    for (const [timestamp, verdict] of [
      [true, 'allow'],
      [false, 'deny'],
    ] as const) {
      const scene = await gateScene()
      await scene.sign({ identity: ci, timestamp })
      expect((await scene.ask(scenePolicy(`authorities: [${stamped}]`))).verdict).toBe(verdict)
    }
  })

  test('runs a program over the statement that was signed', async () => {
    const scene = await gateScene()
    await scene.attest(vulns, { count: 3 })
    const seen: unknown[] = []
    const languages = {
      run: async (_: unknown, input: unknown) => {
        seen.push(input)
        return { status: 'true' } as const
      },
    }
    const attested = keyAuthority(
      scene,
      `, attestations: [{name: v, predicateType: ${vulns}, policy: {type: cel, data: x}}]`,
    )
    const policy = scenePolicy(`authorities: [${attested}]`)
    expect((await scene.ask(policy, { languages })).verdict).toBe('allow')
    expect(seen).toMatchObject([{ predicateType: vulns, predicate: { count: 3 } }])
    const without = await scene.ask(policy, { languages: noLanguages })
    expect([without.verdict, codesOf(without)]).toEqual(['undecided', ['LANGUAGE_UNAVAILABLE']])
  })

  test('an attestation is no signature, and a signature no attestation', async () => {
    const scene = await gateScene()
    await scene.attest(vulns, {})
    expect((await scene.ask(scenePolicy(`authorities: [${keyAuthority(scene)}]`))).verdict).toBe('deny')
    const other = await gateScene()
    await other.sign()
    const attested = keyAuthority(other, `, attestations: [{name: v, predicateType: ${vulns}}]`)
    expect((await other.ask(scenePolicy(`authorities: [${attested}]`))).verdict).toBe('deny')
  })
})

describe('the gate, and what it asks for', () => {
  test('verifies each image once, however many authorities look the same way', async () => {
    const scene = await gateScene()
    await scene.sign({ identity: ci })
    const authorities = Array.from({ length: 20 }, (_, index) =>
      keyless.replace('name: ci', `name: ci${index}`),
    )
    const before = scene.registry.log.length
    await scene.ask(scenePolicy(`authorities: [${authorities.join(', ')}]`))
    const blobs = scene.registry.log.slice(before).filter(({ path }) => path.includes('/blobs/'))
    expect(blobs).toHaveLength(1)
  })

  test('asks for a trust root once, for all images and authorities', async () => {
    const scene = await gateScene()
    await scene.sign({ identity: ci })
    await scene.sign({ identity: ci }, await scene.push('second', 'v2'))
    let asked = 0
    const trustRoot: typeof scene.io.trustRoot = (name) => {
      asked += 1
      return scene.io.trustRoot(name)
    }
    const policies = `${scenePolicy(`authorities: [${keyless}]`)}${scenePolicy(`authorities: [${keyAuthority(scene)}]`, 'q')}`
    const references = ['registry.test/acme/app:v1', 'registry.test/acme/app:v2']
    await scene.ask(policies, { references, io: { trustRoot } })
    expect(asked).toBe(1)
  })

  test('a static policy needs no network', async () => {
    const scene = await gateScene()
    const before = scene.registry.log.length
    const report = await scene.ask(scenePolicy('authorities: [{static: {action: pass}}]'))
    expect([report.verdict, scene.registry.log.length - before]).toEqual(['allow', 0])
    expect(gateDocument(report).decisions).toMatchObject([{ digest: null, deploy: null }])
  })

  test('a policy by digest is found under a tag', async () => {
    const scene = await gateScene()
    const spec = scenePolicy('authorities: [{static: {action: fail}}]', 'blocked').replace(
      "'**'",
      `'registry.test/acme/app@${scene.image.digest}'`,
    )
    const report = await scene.ask(`${scenePolicy('authorities: [{static: {action: pass}}]')}${spec}`)
    expect([report.verdict, codesOf(report)]).toEqual(['deny', ['STATIC_FAIL']])
  })

  test('inspects on the spot, once, and only if a policy wants it', async () => {
    const scene = await gateScene()
    let asked = 0
    const inspect = async () => {
      asked += 1
      return { distroless: 'effective', evidence: ['bin/sh in a lower layer'] } as const
    }
    const policies = `${scenePolicy('inspect: {distroless: effective}')}${scenePolicy('inspect: {distroless: strict}', 'q')}`
    const report = await scene.ask(policies, { io: { inspect } })
    expect([report.verdict, codesOf(report), asked]).toEqual(['deny', ['NOT_DISTROLESS'], 1])
  })

  test('several images: each is decided, the worst counts, the order stays', async () => {
    const scene = await gateScene()
    const second = await scene.push('second', 'v2')
    await scene.sign()
    await scene.sign({}, second)
    await scene.push('third', 'v3')
    const references = ['v1', 'v3', 'v2', 'gone'].map((tag) => `registry.test/acme/app:${tag}`)
    const report = await scene.ask(scenePolicy(`authorities: [${keyAuthority(scene)}]`), { references })
    expect(report.decisions.map(({ verdict, image }) => [image.slice(-2), verdict])).toEqual([
      ['v1', 'allow'],
      ['v3', 'deny'],
      ['v2', 'allow'],
      ['ne', 'undecided'],
    ])
    expect(report.verdict).toBe('deny')
    expect(renderGate(report, { color: false })).toContain('4 images: 2 allowed, 1 denied, 1 undecided')
  })

  test('no image at all is an error, not "allowed"', async () => {
    const scene = await gateScene()
    const asked = scene.ask(scenePolicy('authorities: [{static: {action: pass}}]'), { references: [] })
    await expect(asked).rejects.toMatchObject({ code: 'NO_IMAGES' })
  })

  test('a malformed reference is an error before anything is fetched', async () => {
    const scene = await gateScene()
    const before = scene.registry.log.length
    const references = ['registry.test/acme/app:v1', '--evil']
    const asked = scene.ask(scenePolicy(`authorities: [${keyless}]`), { references })
    await expect(asked).rejects.toMatchObject({ code: 'INVALID_REFERENCE' })
    expect(scene.registry.log.length).toBe(before)
  })
})

describe('the gate, where something cannot be had', () => {
  test.each<[string, string, string]>([
    ['a Secret', '{key: {secretRef: {name: k}}, ctlog: {url: https://rekor.example}}', 'KEY_UNRESOLVED'],
    ['a KMS key', '{key: {kms: "gcpkms://k"}, ctlog: {url: https://rekor.example}}', 'KEY_UNRESOLVED'],
    [
      'a private CA in a Secret',
      keyless.replace('keyless: {', 'keyless: {ca-cert: {secretRef: {name: k}}, '),
      'KEY_UNRESOLVED',
    ],
    [
      'two trust roots in one authority',
      keyless.replace('keyless: {', 'ctlog: {trustRootRef: a}, keyless: {trustRootRef: b, '),
      'TRUST_ROOT_UNRESOLVED',
    ],
    [
      'another hash',
      '{key: {hashAlgorithm: sha512, data: KEY}, ctlog: {url: https://rekor.example}}',
      'NOT_SUPPORTED',
    ],
  ])('%s: undecided, with the reason', async (_, authority, code) => {
    const scene = await gateScene()
    await scene.sign()
    const filled = authority.replace('KEY', JSON.stringify(scene.keys.publicPem))
    const report = await scene.ask(scenePolicy(`authorities: [${filled}]`))
    expect([report.verdict, codesOf(report)]).toEqual(['undecided', [code]])
  })

  test('signatures in a place of their own are looked for there', async () => {
    const scene = await gateScene()
    await scene.sign()
    const apart = keyAuthority(scene, ', source: [{oci: registry.test/acme/app}]')
    const elsewhere = keyAuthority(scene, ', source: [{oci: registry.test/acme/signatures}]')
    expect((await scene.ask(scenePolicy(`authorities: [${apart}]`))).verdict).toBe('allow')
    expect((await scene.ask(scenePolicy(`authorities: [${elsewhere}]`))).verdict).toBe('deny')
  })

  test('a trust root that cannot be had is no refusal', async () => {
    const scene = await gateScene()
    await scene.sign({ identity: ci })
    const report = await scene.ask(scenePolicy(`authorities: [${keyless}]`), {
      io: { trustRoot: unreachable },
    })
    expect([report.verdict, codesOf(report)]).toEqual(['undecided', ['EVIDENCE_UNAVAILABLE']])
  })
})
