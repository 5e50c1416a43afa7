import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { parsePolicyFiles, type PolicyText } from './parse-policy-files.ts'
import { policySetHash } from './policy-hash.ts'

function pemOf(): string {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  return publicKey.export({ type: 'spki', format: 'pem' }).toString()
}

const pem = pemOf()

function secret(entries: Readonly<Record<string, string>>, more = ''): string {
  const data = Object.entries(entries).map(
    ([name, text]) => `${name}: ${Buffer.from(text).toString('base64')}`,
  )
  return `apiVersion: v1\nkind: Secret\nmetadata: {name: k}\ntype: Opaque\ndata: {${data.join(', ')}}\n${more}`
}

function policyOf(authorities: string, more = '', version = 'assay.dev/v1alpha1'): string {
  return `apiVersion: ${version}\nkind: ClusterImagePolicy\nmetadata: {name: p}\nspec: {images: [{glob: '**'}], authorities: [${authorities}]${more}}\n`
}

const byKey = policyOf('{key: {secretRef: {name: k}}, ctlog: {}}')
const byProgram = policyOf(
  '{static: {action: pass}}',
  ', policy: {type: cue, configMapRef: {name: programs, key: main}}',
  'policy.sigstore.dev/v1beta1',
)

function read(...texts: readonly string[]): ReturnType<typeof parsePolicyFiles> {
  return parsePolicyFiles(texts.map((text, index): PolicyText => ({ name: `${index}.yaml`, text })))
}

function hashOf(text: string): string {
  const { policies } = read(byKey, secret({ pub: text }))
  return policySetHash({ policies, broken: [], noMatch: 'deny' })
}

function map(key: string): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: programs}\ndata: {${key}: 'a: 1', other: 'b: 1'}\n`
}

describe('a Secret beside the policies', () => {
  test.each([
    ['in another file', [byKey, secret({ pub: pem })]],
    ['before them in the same file', [`${secret({ pub: pem })}---\n${byKey}`]],
    [
      'as stringData',
      [byKey, `apiVersion: v1\nkind: Secret\nmetadata: {name: k}\nstringData: {pub: ${JSON.stringify(pem)}}`],
    ],
  ])('is the key that they refer to, %s', (_, texts) => {
    const { problems, policies } = read(...texts)
    expect([problems, policies]).toMatchObject([
      [],
      [{ authorities: [{ signer: { key: { kind: 'data', pems: [pem] } } }] }],
    ])
  })

  test('of another name, and none at all, leave the key to be had elsewhere', () => {
    const elsewhere = [{ authorities: [{ signer: { key: { kind: 'secret', name: 'k' } } }] }]
    expect(read(byKey).policies).toMatchObject(elsewhere)
    const other = read(byKey, secret({ pub: pem }).replace('name: k', 'name: other'))
    expect([other.policies, other.problems]).toMatchObject([
      elsewhere,
      [{ file: '1.yaml', code: 'UNKNOWN_KIND' }],
    ])
  })

  test('is a part of what the policies say', () => {
    expect(hashOf(pem)).toBe(hashOf(pem))
    expect(hashOf(pem)).not.toBe(hashOf(pemOf()))
  })

  const hidden = 'hidden-in-a-secret'
  test.each([
    ['several entries', secret({ pub: pem, password: hidden }), '0.yaml'],
    ['no entry', secret({}), '0.yaml'],
    ['text that is no key', secret({ pub: hidden }), '1.yaml'],
    [
      'a private key',
      secret({ pub: `-----BEGIN PRIVATE KEY-----\n${hidden}\n-----END PRIVATE KEY-----` }),
      '1.yaml',
    ],
    ['what is not base64', secret({ pub: pem }).replace(/\}\n$/, '!}\n'), '1.yaml'],
    ['bytes that are no text', secret({}).replace('{}', '{pub: /w==}'), '1.yaml'],
  ])('with %s is a problem that gives nothing away', (_, text, file) => {
    const { problems } = read(byKey, text)
    expect(problems).toMatchObject([{ file, code: 'INVALID_VALUE' }])
    expect(JSON.stringify(problems)).not.toContain(hidden)
  })

  test('is the only one of its name', () => {
    for (const texts of [
      [secret({ pub: pem }), secret({ pub: pem })],
      [`${secret({ pub: pem })}---\n${secret({ pub: pem })}`],
    ])
      expect(read(byKey, ...texts).problems).toMatchObject([{ code: 'DUPLICATE_NAME' }])
  })
})

describe('a ConfigMap beside the policies', () => {
  test('has the program that they refer to', () => {
    const { problems, policies } = read(byProgram, map('main'))
    expect([problems, policies]).toMatchObject([
      [],
      [{ program: { source: { kind: 'text', text: 'a: 1' } } }],
    ])
    expect(read(byProgram).policies).toMatchObject([{ program: { source: { kind: 'config-map' } } }])
  })

  test('without it is a problem', () => {
    expect(read(byProgram, map('spare')).problems).toMatchObject([
      { file: '0.yaml', path: 'spec.policy.configMapRef', code: 'INVALID_VALUE' },
    ])
  })
})
