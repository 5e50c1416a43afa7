import { codesOf, decide, policySet } from '@assay/test-support/decide'
import { madeUpSubject } from '@assay/test-support/proofs'
import { describe, expect, test } from 'vitest'
import type { Decision } from './decision.ts'
import type { ObjectFact } from './facts.ts'
import { parsePolicyFile } from './parse-policy-file.ts'
import type { ReasonCode } from './reason.ts'

const pass = 'authorities: [{static: {action: pass}}]'
const fail = 'authorities: [{static: {action: fail}}]'

describe('requireDigest', () => {
  test('A-71: refuses a tag, and names the digest that it stands for', async () => {
    const set = policySet(`requireDigest: true, ${pass}`)
    const tagged = await decide(set, { image: { tag: 'v1' } })
    const pinned = await decide(set, { image: { pinned: true } })
    expect([tagged.verdict, codesOf(tagged), pinned.verdict]).toEqual(['deny', ['DIGEST_REQUIRED'], 'allow'])
    expect(JSON.stringify(tagged.policies)).toContain(`write ghcr.io/acme/app@${madeUpSubject}`)
  })
})

describe('mode', () => {
  test.each<[string, Decision['verdict'], readonly ReasonCode[]]>([
    ['enforce', 'deny', []],
    ['warn', 'allow', ['STATIC_FAIL']],
    ['audit', 'allow', []],
  ])('%s', async (...[mode, verdict, told]) => {
    const decision = await decide(policySet(`mode: ${mode}, ${fail}`))
    expect([decision.verdict, decision.warnings.map(({ code }) => code)]).toEqual([verdict, told])
    expect(decision.policies[0]?.outcome.status).toBe('unmet')
  })
})

const exception = (expires: string, glob = 'ghcr.io/acme/app**'): string =>
  `exceptions: [{images: [{glob: '${glob}'}], reason: OPS-1, approvedBy: me, expires: ${expires}}]`

describe('exceptions', () => {
  test.each<[string, string, Decision['verdict'], readonly ReasonCode[]]>([
    ['that hold', exception('2026-06-02'), 'allow', ['EXCEPTION_APPLIED']],
    ['on their last day', exception('2026-06-01'), 'allow', ['EXCEPTION_APPLIED']],
    ['that ended in this moment', exception('2026-05-31'), 'deny', ['EXCEPTION_EXPIRED']],
    ['for other images', exception('2026-06-02', 'ghcr.io/acme/other**'), 'deny', []],
  ])('%s', async (...[, spec, verdict, told]) => {
    const decision = await decide(policySet(`${spec}, ${fail}`))
    expect([decision.verdict, decision.warnings.map(({ code }) => code)]).toEqual([verdict, told])
  })

  test('do not go by a tag beside a digest', async () => {
    const set = policySet(`${exception('2026-06-02', 'ghcr.io/acme/app:good')}, ${fail}`)
    expect((await decide(set, { image: { tag: 'good' } })).verdict).toBe('allow')
    expect((await decide(set, { image: { tag: 'good', pinned: true } })).verdict).toBe('deny')
  })
})

describe('A-61: several exceptions', () => {
  const until = 'reason: OPS-1, approvedBy: me, expires'

  test('each is for its own images until its own end: two that do not hold make none that does', async () => {
    const ended = `{images: [{glob: 'ghcr.io/acme/app**'}], ${until}: 2026-05-30}`
    const others = `{images: [{glob: 'ghcr.io/acme/other**'}], ${until}: 2026-07-01}`
    for (const both of [`${ended}, ${others}`, `${others}, ${ended}`]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const decision = await decide(policySet(`exceptions: [${both}], ${fail}`))
      expect([decision.verdict, decision.warnings.map(({ code }) => code)]).toEqual([
        'deny',
        ['EXCEPTION_EXPIRED'],
      ])
    }
  })

  test('an exception from one policy is none from another', async () => {
    const excepted = policySet(`${exception('2026-06-02')}, ${fail}`)
    const strict = policySet(fail)
    for (const policies of [
      [...excepted.policies, ...strict.policies],
      [...strict.policies, ...excepted.policies],
    ])
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect((await decide({ ...excepted, policies })).verdict).toBe('deny')
  })
})

describe('several policies', () => {
  test('all have to be met', async () => {
    const good = policySet(pass)
    const bad = policySet(fail)
    const both = { ...good, policies: [...good.policies, ...bad.policies] }
    expect([(await decide(good)).verdict, (await decide(both)).verdict]).toEqual(['allow', 'deny'])
  })

  test('none about the image: refused, unless the set says otherwise', async () => {
    const set = policySet(pass)
    const image = { repository: 'other/app' }
    const denied = await decide(set, { image })
    const warned = await decide({ ...set, noMatch: 'warn' }, { image })
    const allowed = await decide({ ...set, noMatch: 'allow' }, { image })
    expect([denied.verdict, codesOf(denied)]).toEqual(['deny', ['NO_POLICY_MATCHES']])
    expect([warned.verdict, warned.warnings.map(({ code }) => code)]).toEqual(['allow', ['NO_MATCH_ALLOWED']])
    expect([allowed.verdict, allowed.warnings]).toEqual(['allow', []])
    expect(codesOf(await decide({ policies: [], broken: [], noMatch: 'deny' }))).toEqual([
      'NO_POLICY_MATCHES',
    ])
  })

  test('exclude takes an image out, but not by a tag beside a digest', async () => {
    const set = {
      ...policySet(`exclude: [{glob: 'ghcr.io/acme/app:dev'}], ${fail}`),
      noMatch: 'allow' as const,
    }
    expect((await decide(set, { image: { tag: 'dev' } })).verdict).toBe('allow')
    expect((await decide(set, { image: { tag: 'dev', pinned: true } })).verdict).toBe('deny')
  })
})

const misspelt = (glob: string): string =>
  `apiVersion: assay.dev/v1alpha1\nkind: ClusterImagePolicy\nmetadata: {name: b}\nspec: {images: [{glob: '${glob}'}], typo: 1, ${pass}}`

describe('a policy that could not be loaded', () => {
  test.each<[string, Decision['verdict']]>([
    ['ghcr.io/acme/**', 'undecided'],
    ['ghcr.io/other/**', 'allow'],
    ['[', 'undecided'],
  ])('and is about %s', async (glob, verdict) => {
    const { broken } = parsePolicyFile(misspelt(glob), 'b.yaml')
    const decision = await decide({ ...policySet(pass), broken })
    expect(decision.verdict).toBe(verdict)
    expect(codesOf(decision)).toEqual(verdict === 'undecided' ? ['POLICY_NOT_LOADED'] : [])
  })

  test('does not make a no undecided', async () => {
    const { broken } = parsePolicyFile(misspelt('**'), 'b.yaml')
    expect((await decide({ ...policySet(fail), broken })).verdict).toBe('deny')
  })
})

describe('match', () => {
  const deployment: ObjectFact = {
    group: 'apps',
    version: 'v1',
    kind: 'Deployment',
    labels: { tier: 'prod' },
    spec: {},
    metadata: {},
  }

  test.each<[string, boolean]>([
    ['{group: apps, version: v1, resource: deployments}', true],
    ['{group: apps, version: "*", resource: deployments}', true],
    ['{group: apps, version: v1beta1, resource: deployments}', false],
    ['{group: batch, version: v1, resource: deployments}', false],
    ['{group: apps, version: v1, resource: pods}', false],
    ['{group: apps, version: v1, resource: deployments, selector: {matchLabels: {tier: prod}}}', true],
    ['{group: apps, version: v1, resource: deployments, selector: {matchLabels: {tier: dev}}}', false],
    [
      '{group: apps, version: v1, resource: deployments, selector: {matchExpressions: [{key: tier, operator: In, values: [prod]}]}}',
      true,
    ],
    [
      '{group: apps, version: v1, resource: deployments, selector: {matchExpressions: [{key: tier, operator: NotIn, values: [prod]}]}}',
      false,
    ],
    [
      '{group: apps, version: v1, resource: deployments, selector: {matchExpressions: [{key: other, operator: DoesNotExist}]}}',
      true,
    ],
    [
      '{group: apps, version: v1, resource: deployments, selector: {matchExpressions: [{key: constructor, operator: Exists}]}}',
      false,
    ],
  ])('%s', async (rule, applies) => {
    const set = { ...policySet(`match: [${rule}], ${fail}`), noMatch: 'allow' as const }
    expect((await decide(set, { object: deployment })).verdict).toBe(applies ? 'deny' : 'allow')
  })

  test('without an object, the policy applies', async () => {
    const set = {
      ...policySet(`match: [{group: apps, version: v1, resource: pods}], ${fail}`),
      noMatch: 'allow' as const,
    }
    expect((await decide(set)).verdict).toBe('deny')
  })
})
