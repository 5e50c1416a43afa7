import {
  attestDecisions,
  gateImages,
  keySigner,
  noLanguages,
  parsePolicyFiles,
  policySetHash,
  type GateReport,
  type PolicySet,
} from '@assay/core'
import { readAll, type Descriptor } from '@assay/registry'
import { gateScene, keyAuthority, scenePolicy, type GateScene } from '@assay/test-support/gate-scene'
import { describe, expect, test } from 'vitest'
import { toPrivateKey } from '../../packages/core/src/sign/keys/private-key.ts'
import { buildImage, buildIndex, pushImage } from '../support/image-builder.ts'

interface Asked {
  readonly set: PolicySet
  readonly report: GateReport
}

async function ask(
  scene: GateScene,
  policies: string,
  reference = 'registry.test/acme/app:v1',
): Promise<Asked> {
  const { problems, configs, ...read } = parsePolicyFiles([{ name: 'p.yaml', text: policies }])
  if (problems.length > 0) throw new Error(JSON.stringify(problems))
  const set: PolicySet = { ...configs[0]?.config, ...read, noMatch: 'deny' }
  const report = await gateImages([{ reference }], set, { io: scene.io, languages: noLanguages })
  return { set, report }
}

const verifier = { id: 'https://gate.example', version: { assay: '1' } }

async function attest(
  scene: GateScene,
  { set, report }: Asked,
  more: { readonly failures?: boolean; readonly open?: (name: string) => string } = {},
): Promise<GateReport> {
  const options = {
    verifier,
    resource: 'oci://{repo}',
    policy: { uri: 'https://policy.example', sha256: policySetHash(set) },
    failures: more.failures ?? false,
    signing: {
      signer: keySigner(toPrivateKey(scene.keys.privateKey)),
      witnesses: [],
      now: () => scene.io.now,
    },
    now: scene.io.now,
    open: (name: string) => scene.io.openImage(more.open?.(name) ?? name, {}),
  }
  return await attestDecisions(report, { set, options }, {})
}

async function jsonOf(
  { repository }: GateScene,
  descriptor: Descriptor,
): Promise<{ readonly layers: readonly [Descriptor]; readonly dsseEnvelope: { readonly payload: string } }> {
  const bytes = await readAll(repository.open(descriptor), { limit: 1_000_000, on: descriptor.digest })
  return JSON.parse(Buffer.from(bytes).toString())
}

async function referrersOf(scene: GateScene, digest = scene.image.digest): Promise<readonly Descriptor[]> {
  const found: Descriptor[] = []
  for await (const referrer of scene.repository.referrers(digest)) found.push(referrer)
  return found
}

/** The summaries that hang on an image. */
async function summariesOf(scene: GateScene, digest = scene.image.digest): Promise<readonly unknown[]> {
  const found: unknown[] = []
  for (const referrer of await referrersOf(scene, digest)) {
    const { layers } = await jsonOf(scene, referrer)
    const { dsseEnvelope } = await jsonOf(scene, layers[0])
    const statement = JSON.parse(Buffer.from(dsseEnvelope.payload, 'base64').toString())
    if (statement.predicateType === 'https://slsa.dev/verification_summary/v1') found.push(statement)
  }
  return found
}

describe('a verification summary', () => {
  test('names the image, the verifier, the time, the policies, what counted and the levels', async () => {
    const scene = await gateScene()
    await scene.sign()
    const asked = await ask(scene, scenePolicy(`authorities: [${keyAuthority(scene)}]`))
    const hex = scene.image.digest.slice('sha256:'.length)
    const [input] = await referrersOf(scene)
    const report = await attest(scene, asked)
    expect(report.decisions).toMatchObject([{ summary: { result: 'PASSED' } }])
    expect(await summariesOf(scene)).toMatchObject([
      {
        _type: 'https://in-toto.io/Statement/v1',
        subject: [{ name: 'registry.test/acme/app', digest: { sha256: hex } }],
        predicateType: 'https://slsa.dev/verification_summary/v1',
        predicate: {
          verifier,
          timeVerified: '2026-06-01T13:00:00Z',
          resourceUri: 'oci://registry.test/acme/app',
          policy: { uri: 'https://policy.example', digest: { sha256: policySetHash(asked.set) } },
          inputAttestations: [{ digest: { sha256: input?.digest.slice('sha256:'.length) } }],
          verificationResult: 'PASSED',
          verifiedLevels: ['SLSA_BUILD_LEVEL_UNEVALUATED'],
        },
      },
    ])
  })

  test('is about the images of an index, too', async () => {
    const scene = await gateScene()
    const platform = { os: 'linux', architecture: 'arm64' }
    const child = await buildImage({ layers: [], platform })
    const root = await pushImage(scene.repository, buildIndex([{ image: child, platform }]), 'multi')
    await scene.sign({}, root)
    const asked = await ask(
      scene,
      scenePolicy(`authorities: [${keyAuthority(scene)}]`),
      'registry.test/acme/app:multi',
    )
    await attest(scene, asked)
    const subject = [root.digest, child.descriptor.digest].map((digest) => ({
      digest: { sha256: digest.slice(7) },
    }))
    expect(await summariesOf(scene, root.digest)).toMatchObject([{ subject }])
  })

  test('has the levels of provenance that a rule was met by', async () => {
    const scene = await gateScene()
    const workflow = 'https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1'
    const identity = {
      subject: workflow,
      issuer: 'https://token.actions.githubusercontent.com',
      extensions: {
        '9': workflow,
        '11': 'github-hosted',
        '12': 'https://github.com/acme/app',
        '14': 'refs/tags/v1',
      },
    }
    const predicate = {
      buildDefinition: {
        buildType: 'https://actions.github.io/buildtypes/workflow/v1',
        externalParameters: {
          workflow: { repository: 'https://github.com/acme/app', ref: 'refs/tags/v1', path: 'x' },
        },
        resolvedDependencies: [],
      },
      runDetails: { builder: { id: 'https://github.com/actions/runner/github-hosted' } },
    }
    await scene.attest('slsaprovenance1', predicate, { identity })
    const policy = scenePolicy(
      `authorities: [{keyless: {identities: [{issuer: '${identity.issuer}', subject: '${workflow}'}]}, attestations: [{name: a, predicateType: https://slsa.dev/provenance/v1, slsa: {minLevel: 1}}]}]`,
    )
    await attest(scene, await ask(scene, policy))
    expect(await summariesOf(scene)).toMatchObject([
      { predicate: { verifiedLevels: ['SLSA_BUILD_LEVEL_2'] } },
    ])
  })
})

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
