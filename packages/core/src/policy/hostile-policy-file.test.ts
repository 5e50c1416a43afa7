import { array, assert, constantFrom, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parsePolicyFile } from './parse-policy-file.ts'
import type { ProblemCode } from './problem.ts'

const images = "  images: [{glob: 'ghcr.io/acme/**'}]\n"
const authority = '  authorities: [{static: {action: fail}}]\n'

function document(spec: string): string {
  return `apiVersion: assay.dev/v1alpha1\nkind: ClusterImagePolicy\nmetadata: {name: p}\nspec:\n${spec}`
}

function codesOf(text: string): readonly (readonly [ProblemCode, string])[] {
  return parsePolicyFile(text, 'p.yaml').problems.map(({ code, path }) => [code, path])
}

describe('D-25: hostile YAML', () => {
  test.each<[string, string, ProblemCode]>([
    ['a file of 2 MiB', `# ${'x'.repeat(2 * 1024 * 1024)}`, 'FILE_TOO_LARGE'],
    ['a key that stands twice', document(`${images}${images}${authority}`), 'MALFORMED_YAML'],
    ['a merge key', document(`${images}${authority}  <<: {mode: warn}\n`), 'MALFORMED_YAML'],
    ['a tag', document(`${images}${authority}  mode: !!js/function 'x'\n`), 'MALFORMED_YAML'],
    ['an alias without its anchor', document(`${images}${authority}  match: *nowhere\n`), 'MALFORMED_YAML'],
    ['nothing', '# nothing\n---\n---\n', 'NO_POLICY'],
    ['another kind', 'apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {}\n', 'UNKNOWN_KIND'],
  ])('%s is a problem, and stands in the way of every image', (_, text, code) => {
    const { problems, policies, broken } = parsePolicyFile(text, 'p.yaml')
    expect(problems.map((problem) => problem.code)).toContain(code)
    expect(policies).toEqual([])
    expect(broken).toMatchObject([{ images: undefined }])
  })

  test.each(['on', 'yes', '01', '0o1', '~'])('requireDigest: %s is no boolean', (word) => {
    const { problems, policies } = parsePolicyFile(
      document(`${images}${authority}  requireDigest: ${word}\n`),
      'p',
    )
    expect([problems.map(({ path }) => path), policies]).toEqual([['spec.requireDigest'], []])
  })

  test('an alias bomb ends at the limit', () => {
    const levels = ['a: &a0 [x, x, x, x, x, x, x, x, x, x]']
    for (let level = 1; level < 12; level++) {
      levels.push(`b${level}: &a${level} [${Array.from({ length: 10 }, () => `*a${level - 1}`).join(', ')}]`)
    }
    const started = performance.now()
    expect(codesOf(levels.join('\n'))).toMatchObject([['MALFORMED_YAML', '']])
    expect(performance.now() - started).toBeLessThan(5000)
  })

  test('an alias that holds itself ends at the limit', () => {
    expect(codesOf('a: &a [*a]\n')).toMatchObject([['MALFORMED_YAML', '']])
  })

  test('deep nesting ends at the limit', () => {
    expect(codesOf(`a: ${'['.repeat(500)}${']'.repeat(500)}`).map(([code]) => code)).toContain(
      'MALFORMED_YAML',
    )
  })

  test('an alias that is used well is read', () => {
    const text = document(`  images: [&g {glob: 'ghcr.io/**'}]\n  exclude: [*g]\n${authority}`)
    expect(parsePolicyFile(text, 'p.yaml').policies).toMatchObject([{ exclude: [{ glob: 'ghcr.io/**' }] }])
  })

  test('whatever the text, it answers and does not throw', () => {
    const alphabet = constantFrom(...'{}[]:,-&*!|>\'"%@`#? \n\tab1~'.split(''), 'spec', 'images', 'glob')
    assert(
      property(array(alphabet, { maxLength: 60 }), (parts) => {
        const { policies, problems, broken } = parsePolicyFile(parts.join(''), 'p.yaml')
        expect(policies).toEqual([])
        expect(problems.length).toBeGreaterThan(0)
        expect(broken.length).toBeGreaterThan(0)
      }),
      { numRuns: 300 },
    )
  })
})
