import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RegistryError } from './errors.ts'
import { nameOf, parseReference } from './reference.ts'

const hex = 'a'.repeat(64)

describe('parseReference reads registry references as Docker does', () => {
  test.each([
    ['alpine', 'docker.io', 'library/alpine', 'latest'],
    ['alpine:3.20', 'docker.io', 'library/alpine', '3.20'],
    ['user/app', 'docker.io', 'user/app', 'latest'],
    ['docker.io/alpine', 'docker.io', 'library/alpine', 'latest'],
    ['index.docker.io/user/app:x', 'docker.io', 'user/app', 'x'],
    ['localhost/app', 'localhost', 'app', 'latest'],
    ['localhost:5000/a/b:v1', 'localhost:5000', 'a/b', 'v1'],
    ['[::1]:5000/a:v1', '[::1]:5000', 'a', 'v1'],
    ['GHCR.io/a/b', 'ghcr.io', 'a/b', 'latest'],
    ['r.example/a__b/c-d.e--f', 'r.example', 'a__b/c-d.e--f', 'latest'],
  ])('%s', (...[text, host, repository, tag]) => {
    expect(parseReference(text)).toEqual({ kind: 'registry', host, repository, tag, text })
  })

  test('with a digest there is no default tag, and the digest is the name', () => {
    const reference = parseReference(`r.example/a@sha256:${hex}`)
    expect(reference).toEqual({
      kind: 'registry',
      host: 'r.example',
      repository: 'a',
      digest: `sha256:${hex}`,
      text: `r.example/a@sha256:${hex}`,
    })
    expect(nameOf(parseReference(`r.example/a:v1@sha256:${hex}`))).toBe(`sha256:${hex}`)
  })
})

describe('parseReference reads layouts', () => {
  test.each([
    ['oci:dir', 'dir', undefined],
    ['oci:/a/b.c/d:v1', '/a/b.c/d', 'v1'],
    ['oci:./my dir', './my dir', undefined],
    ['oci:dir:docker.io/library/alpine:3.20', 'dir', 'docker.io/library/alpine:3.20'],
    ['oci:user@host', 'user@host', undefined],
  ])('%s', (text, path, tag) => {
    expect(parseReference(text)).toMatchObject({ kind: 'layout', path, ...(tag !== undefined && { tag }) })
  })

  test('without a name it asks for the only image', () => {
    expect(nameOf(parseReference('oci:dir'))).toBe('')
    expect(nameOf(parseReference(`oci:dir@sha256:${hex}`))).toBe(`sha256:${hex}`)
  })
})

describe('I-14 B-04 B-21 D-27 references that are refused', () => {
  test.each([
    '',
    '-rf',
    '--help',
    'alpine\n',
    'alp\nine',
    'alpine latest',
    'r.example/a\u0000b',
    'r.example/a\u001b[31m',
    'oci:dir\nx',
    'oci:',
    'oci::tag',
    'oci:dir:-tag',
    'oci:dir:../x',
    'https://r.example/a',
    'Alpine',
    'r.example/UPPER',
    'r.example/',
    'r.example//a',
    'r.example/../a',
    'r.example/a:',
    'r.example/a:-x',
    'r.example/a:../../x',
    `r.example/a:${'x'.repeat(129)}`,
    'r.example/a@',
    'r.example/a@sha256:',
    'r.example/a@sha256:../../x',
    `r.example/a@SHA256:${hex}`,
    `r.example/a@sha256:${hex.toUpperCase()}`,
    `r.example/a@sha256:${hex}a`,
    `r.example/a@md5:${'a'.repeat(32)}`,
    'user:password@r.example/a',
    'r.example:99999/a',
    'r.example:/a',
    '-r.example/a',
    `r.example/${'a/'.repeat(200)}a`,
    'a/'.repeat(5_000_000),
    '@'.repeat(10_000_000),
    // Spellings that some readers take for another host or repository.
    'ghcr\u3002io/a',
    'ghcr\uff0eio/a',
    '\uff47hcr.io/a',
    'ghcr.io\u200b/a',
    'ghcr.io./a',
    'ghcr.io%2eevil/a',
    'xn--ghcr-.io/a',
    'ghcr.io/\u0430cme/app',
    '[fe80::1%25eth0]/a',
  ])('%#: %.40j', (text) => {
    expect(codeOf(() => parseReference(text))).toBe('INVALID_REFERENCE')
  })
})

test('D-27 a host in capitals is that host and no other', () => {
  expect(parseReference('GHCR.IO/a')).toMatchObject({ host: 'ghcr.io', repository: 'a' })
})

test('I-14 what looks like an option is named as such', () => {
  expect(() => parseReference('-rf')).toThrow(expect.objectContaining({ hint: 'is it a misplaced option?' }))
})

test('B-21 a text of megabytes is refused unread', () => {
  expect(() => parseReference('a'.repeat(10_000_000))).toThrow(
    expect.objectContaining({ message: 'the reference is too long', on: `${'a'.repeat(60)}…` }),
  )
})

test('any text is either read or refused with the one code', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[a-z.:/@-]{0,40}$/)), (text) => {
      expect([undefined, 'INVALID_REFERENCE']).toContain(codeOf(() => parseReference(text)))
    }),
  )
})

test('a refusal does not print the credentials of the text', () => {
  const secret = 'hunter22'
  expect(() => parseReference(`https://me:${secret}@r.example/a`)).toThrow(
    expect.objectContaining({ on: 'https://***@r.example/a' }),
  )
})

function codeOf(run: () => unknown): string | undefined {
  try {
    run()
    return undefined
  } catch (error) {
    if (error instanceof RegistryError) return error.code
    throw error
  }
}
