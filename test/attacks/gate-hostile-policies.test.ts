import {
  gateDocument,
  inspectImage,
  inspectionFact,
  namedTrustRoots,
  parsePolicyFile,
  parseTrustRoot,
  type GateIo,
  type GateReport,
  type LanguageRuntime,
} from '@assay/core'
import {
  gateScene,
  keyAuthority,
  scenePolicy,
  sceneTime,
  type GateScene,
} from '@assay/test-support/gate-scene'
import { parseDigest } from '@assay/registry'
import { describe, expect, test } from 'vitest'
import { attachBundle } from '../../packages/core/src/attach/attach-bundle.ts'
import { imageNames } from '../../packages/core/src/policy/image-names.ts'
import { reasonsOf } from '../../packages/core/src/policy/outcome.ts'
import { signatureStatement } from '../../packages/core/src/statement/signature-statement.ts'
import { signBundle } from '../support/sigstore/sign-bundle.ts'
import { bundleBytes } from '../support/sigstore/test-bundle.ts'
import { virtualSigstore } from '../support/sigstore/virtual-sigstore.ts'
import { trustRootDocument } from '../support/trust-root-document.ts'

const ci = { subject: 'https://ci.example/acme/app', issuer: 'https://issuer.example' }
const colleague = { ...ci, subject: 'https://ci.example/acme/other' }
const digestOfNothing = `sha256:${'0'.repeat(64)}`

function codesOf({ decisions }: GateReport): readonly string[] {
  return decisions
    .flatMap(({ because, policies }) => [
      ...because,
      ...policies.flatMap(({ outcome }) => reasonsOf(outcome)),
    ])
    .map(({ code }) => code)
}

function policyAbout(glob: string, rest: string, name: string): string {
  return scenePolicy(rest, name).replace("glob: '**'", `glob: '${glob}'`)
}

function keyless(more = '', inner = ''): string {
  return `{keyless: {identities: [{issuer: '${ci.issuer}', subject: '${ci.subject}'}]${inner}}${more}}`
}

const pass = 'authorities: [{static: {action: pass}}]'
const fail = 'authorities: [{static: {action: fail}}]'

async function askPinned(
  scene: GateScene,
  policies: string,
  noMatch: 'deny' | 'warn' = 'deny',
): Promise<GateReport> {
  const evil = await scene.push('evil')
  const references = [`registry.test/acme/app:dev-1@${evil.digest}`]
  return await scene.ask(policies, { references, noMatch })
}

const askNobody: GateIo['openImage'] = () => {
  throw new Error('somebody asked')
}

const inspect: GateIo['inspect'] = async ({ store, root, name }, call) =>
  inspectionFact(await inspectImage(store, root, { reference: name, call }))

describe('roles of trust roots', () => {
  test.each([
    ['a root for the log alone', 'ctlog: {trustRootRef: mine}'],
    ['a root for the clock alone', 'rfc3161timestamp: {trustRootRef: mine}'],
  ])('%s certifies nobody', async (_, demand) => {
    const scene = await gateScene()
    const other = virtualSigstore({ now: sceneTime })
    const payload = signatureStatement(scene.image.digest)
    const bundle = await signBundle(other, { payload, signer: { identity: ci }, timestamp: true })
    await attachBundle(scene.repository, scene.image, {
      bundle: bundleBytes(bundle),
      predicateType: 'https://sigstore.dev/cosign/sign/v1',
      createdAt: sceneTime,
    })
    const text = `${scenePolicy(`authorities: [${keyless(`, ${demand}`)}]`)}${trustRootDocument(other.trustedRoot)}`
    const { problems, trustRoots } = parsePolicyFile(text, 'policy.yaml')
    expect(problems).toEqual([])
    const own = parseTrustRoot(scene.sigstore.trustedRoot)
    const trustRoot = namedTrustRoots(trustRoots, async () => own)
    const report = await scene.ask(text, { io: { trustRoot } })
    expect([report.verdict, codesOf(report)]).toEqual(['undecided', ['TRUST_ROOT_UNRESOLVED']])
    // With the same root for every role it counts: nothing else is in the way.
    const named = text.replace('keyless: {', 'keyless: {trustRootRef: mine, ')
    expect((await scene.ask(named, { io: { trustRoot } })).verdict).toBe('allow')
  })

  test.each([
    ['a timestamp', 'rfc3161timestamp: {}'],
    ['an age', 'maxAge: 30d'],
  ])("a key authority that asks for %s is answered by the run's own trust root", async (_, demand) => {
    const scene = await gateScene()
    await scene.sign({ log: 'none', timestamp: true })
    const key = `{key: {data: ${JSON.stringify(scene.keys.publicPem)}}, ${demand}}`
    expect((await scene.ask(scenePolicy(`authorities: [${key}]`))).verdict).toBe('allow')
  })
})

describe('programs of policies without authorities', () => {
  test.each([
    ['false', 'deny'],
    ['true', 'allow'],
  ] as const)('a program that says %s is run beside an inspection', async (answer, verdict) => {
    const scene = await gateScene()
    const languages: LanguageRuntime = {
      run: async ({ text }) =>
        text === 'true' ? { status: 'true' } : { status: 'false', message: 'the program says no' },
    }
    const policy = scenePolicy(`inspect: {distroless: effective}, policy: {type: cel, data: '${answer}'}`)
    const report = await scene.ask(policy, { io: { inspect }, languages })
    expect([report.verdict, codesOf(report)]).toEqual([
      verdict,
      verdict === 'deny' ? ['PROGRAM_REFUSED'] : [],
    ])
  })
})

describe('invented names', () => {
  test.each(['audit', 'warn'])(
    'a policy in mode %s that only a tag beside the digest reaches is no match',
    async (mode) => {
      const scene = await gateScene()
      const lax = policyAbout('**app:dev*', `mode: ${mode}, authorities: [${keyAuthority(scene)}]`, 'lax')
      const report = await askPinned(scene, lax)
      expect([report.verdict, report.decisions[0]?.because.map(({ code }) => code)]).toEqual([
        'deny',
        ['NO_POLICY_MATCHES'],
      ])
    },
  )

  test('a policy that only such a tag reaches refuses where nothing has to match', async () => {
    const scene = await gateScene()
    const strict = policyAbout('**app:dev*', `authorities: [${keyAuthority(scene)}]`, 'strict')
    expect((await askPinned(scene, strict, 'warn')).verdict).toBe('deny')
  })

  test('a layout is known by its digest, and a name beside the digest is nobody’s word', () => {
    const digest = parseDigest(digestOfNothing)
    const directory = 'oci:/images/app'
    const byTag = imageNames({ raw: `${directory}:v1`, directory }, digest)
    expect(byTag).toMatchObject({ all: [`${directory}:v1`, `${directory}@${digest}`], certain: byTag.all })
    const raw = `${directory}:sandbox/app@${digest}`
    const pinned = imageNames({ raw, directory, digest }, digest)
    expect(pinned).toMatchObject({
      all: [raw, `${directory}@${digest}`],
      certain: [`${directory}@${digest}`],
    })
  })

  test('a static pass by such a name in a layout', async () => {
    const scene = await gateScene()
    const references = [`oci:/images/app:sandbox/app@${digestOfNothing}`]
    const report = await scene.ask(policyAbout('**:sandbox/**', pass, 'sandbox'), { references })
    expect([report.verdict, codesOf(report)]).toEqual(['deny', ['NO_POLICY_MATCHES', 'UNPROVEN_TAG']])
  })

  test('an image in a layout is refused by its digest', async () => {
    const scene = await gateScene()
    const policies = `${scenePolicy(pass, 'all')}${policyAbout(`**@${scene.image.digest}`, fail, 'bad')}`
    const openImage: GateIo['openImage'] = (_, call) => scene.io.openImage('registry.test/acme/app:v1', call)
    const report = await scene.ask(policies, { references: ['oci:/images/app:v1'], io: { openImage } })
    expect([report.verdict, codesOf(report)]).toEqual(['deny', ['STATIC_FAIL']])
  })

  test.each([
    ['registry.test:443', 'registry.test/acme/**'],
    ['docker.io:443', 'index.docker.io/acme/**'],
    ['registry.hub.docker.com', 'index.docker.io/acme/**'],
    ['registry-1.docker.io', 'index.docker.io/acme/**'],
  ])('%s is no way around %s', async (host, glob) => {
    const scene = await gateScene()
    const policies = `${scenePolicy(pass, 'all')}${policyAbout(glob, fail, 'acme')}`
    const report = await scene.ask(policies, { references: [`${host}/acme/app:v1`] })
    expect([report.verdict, codesOf(report)]).toEqual(['deny', ['STATIC_FAIL']])
  })
})

describe('images that are refused by digest', () => {
  test.each(['**@DIGEST', '**DIGEST', '**app*DIGEST', '**HEX'])(
    'a glob %s reaches a tag that stands for it',
    async (form) => {
      const scene = await gateScene()
      const { digest } = scene.image
      const glob = form.replace('DIGEST', digest).replace('HEX', digest.slice('sha256:'.length))
      const policies = `${scenePolicy(pass, 'all')}${policyAbout(glob, fail, 'bad')}`
      const report = await scene.ask(policies)
      expect([report.verdict, codesOf(report)]).toEqual(['deny', ['STATIC_FAIL']])
    },
  )

  test('globs that reach no digest ask nobody', async () => {
    const scene = await gateScene()
    const policies = `${scenePolicy(pass, 'all')}${policyAbout('ghcr.io/**', fail, 'a')}${policyAbout(`other@${digestOfNothing}`, fail, 'b')}`
    expect((await scene.ask(policies, { io: { openImage: askNobody } })).verdict).toBe('allow')
  })
})

describe('one signature for two signers', () => {
  test('the same key under two names', async () => {
    const scene = await gateScene()
    await scene.sign()
    const [alice, bob] = ['alice', 'bob'].map((name) => keyAuthority(scene, `, name: ${name}`))
    const report = await scene.ask(scenePolicy(`require: {atLeast: 2}, authorities: [${alice}, ${bob}]`))
    expect([report.verdict, codesOf(report)]).toEqual(['deny', ['NOT_ENOUGH_AUTHORITIES']])
  })

  const overlapping = `require: {atLeast: 2}, authorities: [${keyless(', name: alice')}, {name: bob, keyless: {identities: [{issuer: '${ci.issuer}', subjectRegExp: 'https://ci.example/.*'}]}}]`

  test('one identity that fits two authorities', async () => {
    const scene = await gateScene()
    await scene.sign({ identity: ci })
    const report = await scene.ask(scenePolicy(overlapping))
    expect([report.verdict, codesOf(report)]).toEqual(['deny', ['NOT_ENOUGH_AUTHORITIES']])
  })

  test('two identities for the same two authorities, in whichever order they come', async () => {
    for (const order of [
      [ci, colleague],
      [colleague, ci],
    ]) {
      // oxlint-disable-next-line no-await-in-loop -- one registry after the other
      const scene = await gateScene()
      // oxlint-disable-next-line no-await-in-loop -- the order is the point
      for (const identity of order) await scene.sign({ identity })
      // oxlint-disable-next-line no-await-in-loop -- as above
      expect((await scene.ask(scenePolicy(overlapping))).verdict).toBe('allow')
    }
  })
})

describe('the log that a policy names', () => {
  test.each([
    ['https://rekor.sigstore.test/', ['allow', []]],
    ['https://my-private-rekor.example', ['deny', ['WRONG_LOG']]],
    ['https://rekor.sigstore.test.evil.example', ['deny', ['WRONG_LOG']]],
  ] as const)('%s', async (url, expected) => {
    const scene = await gateScene()
    await scene.sign({ identity: ci })
    const report = await scene.ask(scenePolicy(`authorities: [${keyless(`, ctlog: {url: '${url}'}`)}]`))
    expect([report.verdict, codesOf(report)]).toEqual(expected)
  })

  test('an empty ctlog is no way around it', async () => {
    const scene = await gateScene()
    await scene.sign({ identity: ci, log: 'none', timestamp: true })
    const report = await scene.ask(scenePolicy(`authorities: [${keyless(', ctlog: {}')}]`))
    expect([report.verdict, codesOf(report)]).toEqual(['deny', ['NO_SIGNATURE', 'ATTACHMENT_REFUSED']])
  })
})

test('an @ in the path of a layout is no digest: what to deploy is pinned all the same', async () => {
  const scene = await gateScene()
  await scene.sign()
  const openImage: GateIo['openImage'] = (_, call) => scene.io.openImage('registry.test/acme/app:v1', call)
  const policy = scenePolicy(`authorities: [${keyAuthority(scene)}]`)
  const report = await scene.ask(policy, { references: ['oci:/images/a@b'], io: { openImage } })
  expect(gateDocument(report).decisions).toMatchObject([{ deploy: `oci:/images/a@b@${scene.image.digest}` }])
})
