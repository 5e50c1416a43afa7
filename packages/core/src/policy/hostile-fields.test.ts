import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { parsePolicyFile } from './parse-policy-file.ts'
import { describeProblem } from './problem.ts'
import type { ProblemCode } from './problem.ts'

const keyless = 'keyless: {identities: [{issuer: a, subject: b}]}'

function document(spec: string, version = 'assay.dev/v1alpha1'): string {
  return `apiVersion: ${version}\nkind: ClusterImagePolicy\nmetadata: {name: p}\nspec: {images: [{glob: '**'}], ${spec}}\n`
}

function problemsOf(spec: string, version?: string): readonly (readonly [ProblemCode, string])[] {
  return parsePolicyFile(document(spec, version), 'p.yaml').problems.map(({ code, path }) => [code, path])
}

const demandOf = (ctlog: string, version?: string): unknown => {
  const { policies, warnings } = parsePolicyFile(
    document(`authorities: [{${keyless}, ctlog: ${ctlog}}]`, version),
    'p.yaml',
  )
  const [authority] = policies[0]?.authorities ?? []
  return [authority?.kind === 'signed' ? authority.log : undefined, warnings.map(({ code }) => code)]
}

describe('keys that are put where public keys belong', () => {
  const ec = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey
  const ed = generateKeyPairSync('ed25519').privateKey
  const sec1 = ec.export({ type: 'sec1', format: 'pem' }).toString()
  test.each([
    ['an EC key in SEC1', sec1],
    ['an Ed25519 key in PKCS #8', ed.export({ type: 'pkcs8', format: 'pem' }).toString()],
    ['base64 without a PEM block', ec.export({ type: 'sec1', format: 'der' }).toString('base64')],
    ['a PEM block with a label of its own', sec1.replaceAll('EC PRIVATE KEY', 'CANARY0CANARY0')],
    ['many PEM blocks', sec1.repeat(40)],
    [
      'the body as its label',
      `-----BEGIN ${'CANARY'.repeat(9)}-----\nAAAA\n-----END ${'CANARY'.repeat(9)}-----`,
    ],
  ])('%s is refused, and none of it is shown', (_, text) => {
    for (const spec of [
      `authorities: [{key: {data: ${JSON.stringify(text)}}}]`,
      `authorities: [{keyless: {identities: [{issuer: a, subject: b}], ca-cert: {data: ${JSON.stringify(text)}}}}]`,
    ]) {
      const { problems, broken } = parsePolicyFile(document(spec), 'p.yaml')
      expect(problems.map(({ code }) => code)).toContain('INVALID_VALUE')
      const shown = JSON.stringify([problems.map(describeProblem), broken])
      const windows = Array.from({ length: text.length - 7 }, (__, at) => text.slice(at, at + 8))
      const secret = windows.filter((part) => /^[A-Za-z0-9+/]*$/.test(part))
      expect(secret.filter((part) => shown.includes(part))).toEqual([])
    }
  })
})

describe('rules that nothing asks for', () => {
  test('require without authorities', () => {
    expect(problemsOf('inspect: {distroless: strict}, require: all')).toEqual([['MISSING_FIELD', 'spec']])
  })

  test.each(['2026-02-30', '2026-02-30T00:00:00Z', '2026-02-28T24:00:00Z', '2026-13-01'])(
    'an exception until %s, a day that is none',
    (expires) => {
      const exception = `{images: [{glob: '**'}], reason: r, expires: '${expires}'}`
      expect(problemsOf(`authorities: [{${keyless}}], exceptions: [${exception}]`)).toEqual([
        ['INVALID_VALUE', 'spec.exceptions[0].expires'],
      ])
    },
  )
})

describe('what is written and says nothing', () => {
  test.each([
    ['attestations: [~]', `authorities: [{${keyless}, attestations: [~]}]`],
    ['rfc3161timestamp: ""', `authorities: [{${keyless}, rfc3161timestamp: ""}]`],
    ['ctlog: ""', `authorities: [{${keyless}, ctlog: ""}]`],
    ['ctlog.url: ""', `authorities: [{${keyless}, ctlog: {url: ""}}]`],
    ['maxAge: ""', `authorities: [{${keyless}, maxAge: ""}]`],
    ['maxAge: null', `authorities: [{${keyless}, maxAge: ~}]`],
    ['require: ""', `authorities: [{${keyless}}], require: ""`],
    ['inspect: ""', `authorities: [{${keyless}}], inspect: ""`],
    ['requireDigest: ""', `authorities: [{${keyless}}], requireDigest: ""`],
    ['policy: ""', `authorities: [{${keyless}}], policy: ""`],
    ['policy.type: ""', `authorities: [{${keyless}}], policy: {type: "", data: x}`],
    ['exclude: [null]', `authorities: [{${keyless}}], exclude: [~]`],
    ['match: [null]', `authorities: [{${keyless}}], match: [~]`],
    [
      'an extension without text',
      'authorities: [{keyless: {identities: [{issuer: a, subject: b, extensions: {buildTrigger: ""}}]}}]',
    ],
  ])('%s is a problem', (_, spec) => {
    expect(problemsOf(spec).length).toBeGreaterThan(0)
  })

  test.each([
    ['attestations: [~]', `authorities: [{${keyless}, attestations: [~]}]`],
    ['rfc3161timestamp: ""', `authorities: [{${keyless}, rfc3161timestamp: ""}]`],
    ['ctlog: ""', `authorities: [{${keyless}, ctlog: ""}]`],
    ['policy: ""', `authorities: [{${keyless}}], policy: ""`],
    ['policy.type: ""', `authorities: [{${keyless}}], policy: {type: "", data: x}`],
  ])('%s is a problem to policy-controller, and here', (_, spec) => {
    expect(problemsOf(spec, 'policy.sigstore.dev/v1beta1').length).toBeGreaterThan(0)
  })

  test('the core group of Kubernetes has an empty name', () => {
    const match = "match: [{group: '', version: v1, resource: pods}]"
    expect(problemsOf(`authorities: [{${keyless}}], ${match}`)).toEqual([])
  })
})

describe('logs and authorities by URL', () => {
  test('an empty ctlog demands an entry; policy-controller takes it for none, and that is told', () => {
    expect(demandOf('{}')).toEqual([{ demand: 'required' }, []])
    expect(demandOf('{url: https://rekor.example}')).toEqual([
      { demand: 'required', url: 'https://rekor.example' },
      [],
    ])
    expect(demandOf('{}', 'policy.sigstore.dev/v1beta1')).toEqual([{ demand: 'ignored' }, ['LOG_IGNORED']])
  })

  test('keyless.url would choose nothing', () => {
    const authority = '{keyless: {url: https://fulcio.example, identities: [{issuer: a, subject: b}]}}'
    expect(problemsOf(`authorities: [${authority}]`)).toEqual([
      ['NOT_SUPPORTED', 'spec.authorities[0].keyless.url'],
    ])
  })
})

describe('keys in policies', () => {
  const pem = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const key = `key: {data: ${JSON.stringify(pem)}}, ctlog: {}`

  test.each([
    ['an age beside a key', `authorities: [{${key}, maxAge: 30d}]`, ['AGE_BY_KEY']],
    ['one key twice, of all', `require: all, authorities: [{${key}}, {${key}}]`, ['SAME_SIGNER']],
    ['one key twice, of any', `authorities: [{${key}}, {${key}}]`, []],
  ])('%s warns', (_, spec, codes) => {
    expect(parsePolicyFile(document(spec), 'p.yaml').warnings.map(({ code }) => code)).toEqual(codes)
  })
})
