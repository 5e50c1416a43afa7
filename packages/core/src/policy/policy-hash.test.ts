import { expect, test } from 'vitest'
import { parsePolicyFile } from './parse-policy-file.ts'
import { policySetHash } from './policy-hash.ts'

const type = 'https://slsa.dev/provenance/v1'

function hashOf(spec: string, { file = 'p.yaml', before = '' } = {}): string {
  const text = `${before}apiVersion: assay.dev/v1alpha1\nkind: ClusterImagePolicy\nmetadata: {name: p}\nspec: {images: [{glob: '**'}], ${spec}}`
  const { policies, broken, problems } = parsePolicyFile(text, file)
  expect(problems).toEqual([])
  return policySetHash({ policies, broken, noMatch: 'deny' })
}

const pass = 'authorities: [{static: {action: pass}}]'
const labels = (label: string): string =>
  `match: [{resource: pods, selector: {matchLabels: {${label}}}}], ${pass}`
const built = (parameter: string): string =>
  `authorities: [{keyless: {identities: [{issuer: 'https://i.example', subject: s}]}, attestations: [{name: a, predicateType: '${type}', slsa: {parameters: {${parameter}}}}]}]`

test('where a policy stands is not what it says', () => {
  expect(hashOf(pass, { file: 'other.yaml', before: '\n\n' })).toBe(hashOf(pass))
  const program = `${pass}, policy: {type: cel, data: 'true'}`
  expect(hashOf(program, { before: '\n' })).toBe(hashOf(program))
})

test.each([
  ['a label named file', labels('file: a'), labels('file: b')],
  ['a label named at', labels('at: a'), labels('at: b')],
  ['a parameter named file', built('file: Dockerfile'), built('file: evil')],
  ['a parameter named at', built('at: a'), built('at: b')],
])('%s is what it says (A-73)', (_, one, other) => {
  expect(hashOf(one)).not.toBe(hashOf(other))
})
