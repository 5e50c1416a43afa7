import {
  GateError,
  noLanguages,
  parsePolicyFile,
  VerificationError,
  type GateReport,
  type InspectionFact,
} from '@assay/core'
import { RegistryError, streamOf, type HttpResponse } from '@assay/registry'
import { gateScene, keyAuthority, scenePolicy, type GateScene } from '@assay/test-support/gate-scene'
import { describe, expect, test } from 'vitest'
import { reasonsOf } from '../../packages/core/src/policy/outcome.ts'
import { when } from '../support/registry/faults.ts'

const ci = { subject: 'https://ci.example/acme/app', issuer: 'https://issuer.example' }
const keyless = `{name: ci, keyless: {identities: [{issuer: ${ci.issuer}, subject: ${ci.subject}}]}}`

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

async function halfRead(): Promise<InspectionFact> {
  return { distroless: 'undecidable', evidence: ['layer 2 could not be read'] }
}

describe('nothing to see', () => {
  const index = 'application/vnd.oci.image.index.v1+json'
  test.each<[string, () => HttpResponse, string]>([
    [
      'an empty index',
      () =>
        answer(200, JSON.stringify({ schemaVersion: 2, mediaType: index, manifests: [] }), {
          'content-type': index,
        }),
      'deny',
    ],
    ['404', () => answer(404), 'deny'],
    ['204', () => answer(204), 'undecided'],
    ['HTML', () => answer(200, '<html>please log in</html>', { 'content-type': 'text/html' }), 'deny'],
    ['a list that is none', () => answer(200, '[]', { 'content-type': index }), 'undecided'],
  ])('A-78: the referrers are %s', async (_, referrers, verdict) => {
    const scene = await gateScene()
    scene.registry.setFaults([when(/\/referrers\//, referrers)])
    const report = await scene.ask(scenePolicy(`authorities: [${keyAuthority(scene)}]`))
    expect(report.verdict).not.toBe('allow')
    expect(report.verdict).toBe(verdict)
  })

  test.each([429, 500, 503])(
    'A-81: status %i for the signatures is "could not tell", never "not signed" and never yes',
    async (status) => {
      const { scene, policy } = await signed()
      scene.registry.setFaults([when(/\/referrers\//, () => answer(status))])
      const report = await scene.ask(policy)
      expect([report.verdict, codesOf(report)]).toEqual(['undecided', ['EVIDENCE_UNAVAILABLE']])
    },
  )

  test('A-81: a registry that hangs, and a deadline', async () => {
    const { scene, policy } = await signed()
    scene.registry.setFaults([
      when(
        /\/referrers\//,
        (request) =>
          new Promise<HttpResponse>((_, reject) => {
            request.signal?.addEventListener('abort', () =>
              reject(new RegistryError('TIMED_OUT', 'too late')),
            )
          }),
      ),
    ])
    const report = await scene.ask(policy, { signal: AbortSignal.timeout(100) })
    expect([report.verdict, codesOf(report)]).toEqual(['undecided', ['EVIDENCE_UNAVAILABLE']])
  })
})

describe('faults inside', () => {
  const broken: readonly (readonly [string, Error])[] = [
    ['a bug', new TypeError('cannot read properties of undefined')],
    ['a registry error', new RegistryError('PROTOCOL_ERROR', 'what')],
    ['a gate error', new GateError('UNSUPPORTED', 'no')],
    ['a verification error', new VerificationError('INVALID_SIGNATURE', 'no', { step: 'signature' })],
  ]

  test.each(broken)('A-79: %s thrown at any step never ends in allow', async (_, error) => {
    const { scene } = await signed()
    const policy = scenePolicy(`inspect: {distroless: effective}, authorities: [${keyAuthority(scene)}]`)
    const fail = async (): Promise<never> => {
      throw error
    }
    for (const step of ['openImage', 'trustRoot', 'inspect'] as const) {
      const io = { inspect: async () => ({ distroless: 'strict', evidence: [] }) as const, [step]: fail }
      const verdict = await scene.ask(policy, { io }).then(
        (report) => report.verdict,
        () => 'thrown',
      )
      expect(['thrown', 'deny', 'undecided']).toContain(verdict)
    }
  })

  test('A-79: an attachment on which we stumble is not absent because another one holds', async () => {
    const { scene, policy } = await signed()
    await scene.sign({ timestamp: true })
    const trust = await scene.io.trustRoot(undefined)
    const stumbling = {
      ...trust,
      get timestampAuthorities(): never {
        throw new TypeError('cannot read properties of undefined')
      },
    }
    const ask = async (policies: string): Promise<GateReport> =>
      await scene.ask(policies, { io: { trustRoot: async () => stumbling } })
    expect((await ask(policy)).verdict).toBe('allow')
    const attested = ', attestations: [{name: a, predicateType: https://spdx.dev/Document}]'
    const report = await ask(scenePolicy(`authorities: [${keyAuthority(scene, attested)}]`))
    expect([report.verdict, codesOf(report)]).toEqual(['undecided', ['EVIDENCE_UNAVAILABLE']])
  })

  test('A-79: a summary counts only where all that is attached could be read', async () => {
    const scene = await gateScene()
    const verifier = { id: 'https://gate.example' }
    const summary = { verifier, timeVerified: '2026-06-01T11:00:00Z', verificationResult: 'PASSED' }
    await scene.attest('https://slsa.dev/verification_summary/v1', summary)
    const vsa = `, attestations: [{name: v, predicateType: https://slsa.dev/verification_summary/v1, vsa: {verifier: ${verifier.id}}}]`
    const policy = scenePolicy(`authorities: [${keyAuthority(scene, vsa)}]`)
    expect((await scene.ask(policy)).verdict).toBe('allow')
    const before = new Set(scene.registry.log.map(({ path }) => path))
    await scene.attest('https://example.com/x', {})
    scene.registry.setFaults([
      when(/^GET .*\/blobs\//, async ({ url }, honest) => {
        const { body, ...response } = await honest()
        const changed = async function* (): AsyncGenerator<Uint8Array> {
          for await (const chunk of body) yield new Uint8Array(chunk.byteLength)
        }
        return { ...response, body: before.has(url.pathname) ? body : changed() }
      }),
    ])
    const report = await scene.ask(policy)
    expect([report.verdict, codesOf(report)]).toEqual(['undecided', ['EVIDENCE_UNAVAILABLE']])
    // What one proof decides, it decides whatever else there is.
    const plain = keyAuthority(scene, vsa.replace(/, vsa: \{.*?\}/, ''))
    expect((await scene.ask(scenePolicy(`authorities: [${plain}]`))).verdict).toBe('allow')
  })

  test('A-79: a language that throws ends in no decision', async () => {
    const { scene } = await signed()
    const policy = scenePolicy(`policy: {type: cel, data: 'true'}, authorities: [${keyAuthority(scene)}]`)
    const languages = { run: () => Promise.reject(new Error('a bug')) }
    await expect(scene.ask(policy, { languages })).rejects.toThrow('a bug')
    expect((await scene.ask(policy, { languages: noLanguages })).verdict).toBe('undecided')
  })

  test('A-84: an image that cannot be read in whole is not distroless', async () => {
    const scene = await gateScene()
    const report = await scene.ask(scenePolicy('inspect: {distroless: effective}'), {
      io: { inspect: halfRead },
    })
    expect([report.verdict, codesOf(report)]).toEqual(['undecided', ['INSPECTION_INCOMPLETE']])
  })

  test('1.8c: a policy that cannot be read is not absent', async () => {
    const { scene, policy } = await signed()
    const unreadable = scenePolicy(`authorities: [${keyless}], typo: 1`, 'q')
    expect(parsePolicyFile(unreadable, 'q.yaml').broken).toHaveLength(1)
    const report = await scene.ask(`${policy}${unreadable}`)
    expect([report.verdict, codesOf(report)]).toEqual(['undecided', ['POLICY_NOT_LOADED']])
  })
})
