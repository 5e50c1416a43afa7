import { describe, expect, test } from 'vitest'
import { parsePolicyFiles } from './parse-policy-files.ts'

function policy(name: string, authority = '{static: {action: fail}}'): string {
  return `apiVersion: assay.dev/v1alpha1\nkind: ClusterImagePolicy\nmetadata: {name: ${name}}\nspec: {images: [{glob: '**'}], authorities: [${authority}]}\n`
}

const keyless = '{keyless: {trustRootRef: mine, identities: [{issuer: https://i.example, subject: s}]}}'
const trustRoot = `apiVersion: policy.sigstore.dev/v1alpha1\nkind: TrustRoot\nmetadata: {name: mine}\nspec: {remote: {mirror: 'https://tuf.example', root: eyJzaWduYXR1cmVzIjpbXSwic2lnbmVkIjp7fX0=}}\n`

describe('policy files that are read together', () => {
  test('are one set', () => {
    const found = parsePolicyFiles([
      { name: 'a.yaml', text: policy('a') },
      { name: 'b.yaml', text: policy('b') },
    ])
    expect(found).toMatchObject({ policies: [{ name: 'a' }, { name: 'b' }], problems: [], broken: [] })
  })

  test('may not use one name twice', () => {
    const found = parsePolicyFiles([
      { name: 'a.yaml', text: policy('a') },
      { name: 'b.yaml', text: policy('a') },
    ])
    expect(found.problems).toMatchObject([{ code: 'DUPLICATE_NAME', file: 'b.yaml', line: 1, column: 1 }])
    const roots = parsePolicyFiles([
      { name: 'a.yaml', text: trustRoot },
      { name: 'b.yaml', text: trustRoot },
    ])
    expect(roots.problems).toMatchObject([{ code: 'DUPLICATE_NAME', file: 'b.yaml' }])
  })

  test('may name each other’s trust roots; one that is in none of them is a warning', () => {
    const alone = parsePolicyFiles([{ name: 'a.yaml', text: policy('a', keyless) }])
    expect(alone).toMatchObject({
      problems: [],
      warnings: [{ code: 'UNKNOWN_TRUST_ROOT', path: 'spec.authorities[0]' }],
    })
    const together = parsePolicyFiles([
      { name: 'a.yaml', text: policy('a', keyless) },
      { name: 'b.yaml', text: trustRoot },
    ])
    expect(together.warnings).toEqual([])
  })
})
