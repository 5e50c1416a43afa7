import { parseDigest } from '@assay/registry'
import { describe, expect, test } from 'vitest'
import type { Decision } from '../policy/decision.ts'
import { parsePolicyFile } from '../policy/parse-policy-file.ts'
import { collectImageReferences } from '../references/collect-image-references.ts'
import type { FoundReferences } from '../references/found-image.ts'
import { gatePins } from './gate-pins.ts'
import { gateRequests } from './gate-requests.ts'

const digest = parseDigest(`sha256:${'1'.repeat(64)}`)

function policies(spec: string) {
  const text = `apiVersion: assay.dev/v1alpha1\nkind: ClusterImagePolicy\nmetadata: {name: p}\nspec: {images: [{glob: '**'}], authorities: [{static: {action: pass}}]${spec}}`
  return parsePolicyFile(text, 'p.yaml').policies
}

function pods(...names: readonly string[]): FoundReferences {
  const text = names
    .map(
      (name) =>
        `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}}\nspec: {containers: [{image: app:1}]}\n`,
    )
    .join('---\n')
  return collectImageReferences({ name: 'f.yaml', text, kind: 'manifest' })
}

function decision(verdict: Decision['verdict'], subject = digest): Decision {
  return { verdict, image: 'app:1', subject, policies: [], because: [], warnings: [] }
}

describe('the questions of a set of files', () => {
  test('one image is one question, with all its places', () => {
    expect(gateRequests([pods('a', 'b'), pods('c')], { policies: policies('') })).toMatchObject([
      { reference: 'app:1', places: [{ line: 4 }, { line: 9 }, { line: 4 }] },
    ])
  })

  test('each object has its own where a policy looks at objects', () => {
    const match = policies(', match: [{group: "", version: v1, resource: pods}]')
    expect(gateRequests([pods('a', 'b')], { policies: match })).toMatchObject([
      { object: { metadata: { name: 'a' } } },
      { object: { metadata: { name: 'b' } } },
    ])
    const selected = policies(', namespaceSelector: {matchLabels: {tier: prod}}')
    expect(gateRequests([pods('a', 'b')], { policies: selected })).toHaveLength(2)
    const program = policies(', policy: {type: cel, data: "true", includeObjectMeta: true}')
    expect(gateRequests([pods('a', 'b', 'b')], { policies: program })).toHaveLength(2)
  })

  test('an empty namespace is none', () => {
    const text =
      'apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: ""}\nspec: {containers: [{image: app:1}]}\n'
    const found = collectImageReferences({ name: 'f.yaml', text, kind: 'manifest' })
    expect(found.images[0]?.object).not.toHaveProperty('namespace')
  })

  test('what cannot be resolved is asked about, too', () => {
    const found = collectImageReferences({ name: 'c', text: 'services: {a: {image: $X}}', kind: 'compose' })
    expect(gateRequests([found], { policies: policies('') })).toMatchObject([
      { reference: '$X', unresolved: {} },
    ])
  })
})

describe('pins', () => {
  test('are for what was allowed wherever it is named, and nothing else', () => {
    const found = pods('a')
    expect(gatePins({ verdict: 'allow', decisions: [decision('allow')] }, found).pins).toMatchObject([
      { reference: 'app:1', digest },
    ])
    for (const decisions of [
      [decision('deny')],
      [decision('undecided')],
      [{ ...decision('allow'), letThrough: true as const }],
      [decision('allow'), { ...decision('deny'), image: 'child', partOf: digest }],
      [decision('allow'), decision('deny')],
      [decision('allow'), decision('allow', parseDigest(`sha256:${'2'.repeat(64)}`))],
      [],
    ])
      expect(gatePins({ verdict: 'deny', decisions }, found).pins).toEqual([])
  })
})
