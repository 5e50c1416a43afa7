import { decide, type Told } from '@assay/test-support/decide'
import { describe, expect, test } from 'vitest'
import type { Decision } from './decision.ts'
import { parsePolicyFiles } from './parse-policy-files.ts'

const fail = 'authorities: [{static: {action: fail}}]'
const pass = 'authorities: [{static: {action: pass}}]'

function documents(...parts: readonly string[]): Parameters<typeof decide>[0] {
  const { policies, broken, problems } = parsePolicyFiles([{ name: 'p.yaml', text: parts.join('\n---\n') }])
  if (problems.length > 0) throw new Error(JSON.stringify(problems))
  return { policies, broken, noMatch: 'deny' }
}

function cluster(spec: string): string {
  return `apiVersion: assay.dev/v1alpha1\nkind: ClusterImagePolicy\nmetadata: {name: c}\nspec: {images: [{glob: '**'}], ${spec}}`
}

function namespaced(spec: string, namespace = 'prod'): string {
  return `apiVersion: assay.dev/v1alpha1\nkind: ImagePolicy\nmetadata: {name: n, namespace: ${namespace}}\nspec: {images: [{glob: '**'}], ${spec}}`
}

const pod = { group: '', version: 'v1', kind: 'Pod', labels: {}, spec: {}, metadata: {} }

describe('namespaceSelector', () => {
  const set = documents(
    cluster(pass),
    cluster(`namespaceSelector: {matchLabels: {tier: prod}}, ${fail}`).replace('name: c', 'name: d'),
  )

  test.each<[string, Told, Decision['verdict']]>([
    ['the labels of a namespace that is meant', { namespace: { labels: { tier: 'prod' } } }, 'deny'],
    ['those of another one', { namespace: { labels: { tier: 'test' } } }, 'allow'],
    ['no labels', { namespace: { labels: {} } }, 'allow'],
    ['labels that nobody knows', {}, 'deny'],
    [
      'labels of the namespace that an object does not name',
      { object: { ...pod, namespace: 'prod' }, namespace: { name: 'test', labels: { tier: 'test' } } },
      'deny',
    ],
    [
      'labels of the namespace that it names',
      { object: { ...pod, namespace: 'test' }, namespace: { name: 'test', labels: { tier: 'test' } } },
      'allow',
    ],
  ])('with %s', async (...[, told, verdict]) => {
    expect((await decide(set, told)).verdict).toBe(verdict)
  })
})

describe('an ImagePolicy', () => {
  test.each<[string, Told, Decision['verdict']]>([
    ['its namespace', { namespace: { name: 'prod' } }, 'deny'],
    ['another namespace', { namespace: { name: 'test' } }, 'allow'],
    ['a namespace that nobody knows', {}, 'deny'],
    [
      'an object of its namespace',
      { object: { ...pod, namespace: 'prod' }, namespace: { name: 'test' } },
      'deny',
    ],
    [
      'an object of another one',
      { object: { ...pod, namespace: 'test' }, namespace: { name: 'prod' } },
      'allow',
    ],
  ])('adds to the others in %s', async (...[, told, verdict]) => {
    expect((await decide(documents(cluster(pass), namespaced(fail)), told)).verdict).toBe(verdict)
  })

  test('relaxes nothing: an image that no policy of the cluster is about stays refused', async () => {
    const decision = await decide(documents(namespaced(pass)), { namespace: { name: 'prod' } })
    expect(decision).toMatchObject({ verdict: 'deny', because: [{ code: 'NO_POLICY_MATCHES' }] })
  })

  test('that cannot be read stands in the way of its own namespace alone', async () => {
    const { policies, broken } = parsePolicyFiles([
      { name: 'p.yaml', text: [cluster(pass), namespaced('authorities: [{}]')].join('\n---\n') },
    ])
    expect(broken).toMatchObject([{ name: 'prod/n', namespace: 'prod' }])
    const set = { policies, broken, noMatch: 'deny' } as const
    expect((await decide(set, { namespace: { name: 'prod' } })).verdict).toBe('undecided')
    expect((await decide(set, { namespace: { name: 'test' } })).verdict).toBe('allow')
    expect((await decide(set)).verdict).toBe('undecided')
  })

  test('has its name in its namespace, and needs one', () => {
    const both = [namespaced(pass), namespaced(pass, 'test')].join('\n---\n')
    expect(parsePolicyFiles([{ name: 'p', text: both }])).toMatchObject({
      problems: [],
      policies: [{ name: 'prod/n' }, { name: 'test/n' }],
    })
    const text = namespaced(pass).replace(', namespace: prod', '')
    expect(parsePolicyFiles([{ name: 'p', text }]).problems).toMatchObject([
      { message: 'missing field(s): metadata.namespace' },
    ])
  })
})
