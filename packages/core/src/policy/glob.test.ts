import { array, assert, constantFrom, property } from 'fast-check'
import { parseReference } from '@assay/registry'
import { describe, expect, test } from 'vitest'
import { covers, matchesImage, needsTag, parseGlob, surelyMatchesImage } from './glob.ts'
import type { Glob } from './glob.ts'
import { imageNames } from './image-names.ts'
import type { ImageNames } from './image-names.ts'

function names(text: string): ImageNames {
  const reference = parseReference(text)
  return imageNames({ raw: text, ...reference }, undefined)
}

function glob(text: string): Glob {
  const parsed = parseGlob(text)
  if (parsed === undefined) throw new Error(`not a glob: ${text}`)
  return parsed
}

test.each([
  'app[!a]',
  'app[^a]',
  'app[a-z]',
  'app{a,b}',
  'app?',
  String.raw`app\*`,
  '!app',
  'app|b',
  '(app)',
])('A-48: %s would be read in two ways, and is no glob', (text) => {
  expect(parseGlob(text)).toBeUndefined()
})

// Image, glob, answer: the behaviour of policy-controller (pkg/apis/glob/glob_test.go).
describe.each<[string, string, boolean]>([
  ['foo', 'index.docker.io/library/foo:latest', true],
  ['foo', 'index.docker.io/library/foo:*', true],
  ['foo', 'index.docker.io/library/*', true],
  ['foo', 'index.docker.io/library/*:latest', true],
  ['foo', 'index.docker.io/*/*', true],
  ['foo', 'index.docker.io/**', true],
  ['foo', 'index.docker.**', true],
  ['foo', 'inde**', true],
  ['foo', '**', true],
  ['foo', 'foo', true],
  ['foo', 'foo*', true],
  ['foo', 'foo**', true],
  ['foo', '*', true],
  ['myuser/myapp', 'index.docker.io/myuser/myapp:latest', true],
  ['myuser/myapp', 'index.docker.io/myuser/*', true],
  ['myuser/myapp', 'index.docker.io/myuser/*:latest', true],
  ['myuser/myapp', 'index.docker.io/*/*', true],
  ['myuser/myapp', 'myuser/myapp*', true],
  ['myuser/myapp', '*/*', true],
  ['myuser/myapp', '*', false],
  ['ghcr.io/foo/bar', 'ghcr.io/*/*', true],
  ['ghcr.io/foo/bar', 'ghcr.io/**', true],
  ['ghcr.io/foo/bar', 'ghcr.io/*', false],
  ['ghcr.io/foo', 'ghcr.io/*/*', false],
  ['ghcr.io/foo', '*/**', true],
  ['ghcr.io/foo', 'ghcr.io/foo*', true],
  ['prefix-ghcr.io/foo', 'ghcr.io/foo', false],
  ['ghcr.io/foo-suffix', 'ghcr.io/foo', false],
  ['ghcrxio/foo', 'ghcr.io/**', false],
  ['ghcr.io/foo:v1', 'ghcr.io/foo:v*', true],
  ['ghcr.io/foo:v1', 'ghcr.io/foo:latest', false],
  [`ghcr.io/foo@sha256:${'a'.repeat(64)}`, 'ghcr.io/foo@*', true],
  [`ghcr.io/foo@sha256:${'a'.repeat(64)}`, 'ghcr.io/foo:*', false],
  // The tag form matches too, which a cluster loses on the way (gates.md §1.4).
  [`ghcr.io/foo:v1@sha256:${'a'.repeat(64)}`, 'ghcr.io/foo:v1', true],
])('%s against %s', (image, pattern, answer) => {
  test('gives the answer of policy-controller', () => {
    expect(matchesImage(glob(pattern), names(image))).toBe(answer)
  })
})

describe('a glob', () => {
  test.each(['.+', '[a-z]*', '', 'a b', 'a?', 'ü', 'a\nb', '('])('is not %j', (text) => {
    expect(parseGlob(text)).toBeUndefined()
  })

  test('that a tag beside a digest claims is no sure match', () => {
    const claimed = names(`ghcr.io/foo:v1@sha256:${'a'.repeat(64)}`)
    expect(surelyMatchesImage(glob('ghcr.io/foo:v1'), claimed)).toBe(false)
    expect(surelyMatchesImage(glob('ghcr.io/foo@sha256:*'), claimed)).toBe(true)
    expect(surelyMatchesImage(glob('ghcr.io/foo:v1'), names('ghcr.io/foo:v1'))).toBe(true)
  })

  test('answers in time linear in the name', () => {
    const started = performance.now()
    const long = { raw: 'x', place: 'x', pinned: false, all: ['a'.repeat(4000)], certain: [] }
    expect(matchesImage(glob(`${'**a'.repeat(60)}b`), long)).toBe(false)
    expect(performance.now() - started).toBeLessThan(2000)
  })

  test.each<[string, boolean]>([
    ['ghcr.io/foo:v1', true],
    ['ghcr.io/foo:*', true],
    ['ghcr.io/foo**', false],
    ['ghcr.io:5000/foo', false],
    ['**:v1', false],
    ['ghcr.io/foo@sha256:*', false],
  ])('%s needs a tag: %s', (text, answer) => {
    expect(needsTag(glob(text))).toBe(answer)
  })

  test('that covers another matches all that the other does', () => {
    const part = constantFrom('a', 'b', '/', '*', '**')
    const text = array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join(''))
    const plain = array(constantFrom('a', 'b', '/'), { minLength: 1, maxLength: 6 }).map((parts) =>
      parts.join(''),
    )
    assert(
      property(text, text, plain, (outer, inner, name) => {
        const image = { raw: name, place: name, pinned: false, all: [name], certain: [name] }
        const promised = covers(glob(outer), glob(inner)) && matchesImage(glob(inner), image)
        expect(!promised || matchesImage(glob(outer), image)).toBe(true)
      }),
    )
  })
})
