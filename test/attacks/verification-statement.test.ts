import { sign } from 'node:crypto'
import { matchContent, parsePublicKey, parseStatement } from '@assay/core'
import { digestOf } from '@assay/registry'
import { ecKeyPair } from '@assay/test-support/sigstore/context'
import {
  artifact,
  artifactDigest,
  outcome,
  signed,
  sigstoreAt,
  statementPayload,
  verifyJson,
} from '@assay/test-support/verification'
import { describe, expect, test } from 'vitest'

const hex = artifactDigest.slice('sha256:'.length)

async function outcomeOf(
  payload: Uint8Array,
  changes: Parameters<typeof verifyJson>[2] = {},
): Promise<string> {
  const sigstore = sigstoreAt()
  const bundle = await signed(sigstore, { payload })
  return await outcome(() => verifyJson(sigstore, bundle, changes))
}

function about(sha512: string): Uint8Array {
  return statementPayload({ subject: [{ digest: { sha256: hex, sha512 } }] })
}

describe('A.4 statement, predicate type, subject', () => {
  test('A-39: an attestation of another type is none of the demanded type', async () => {
    const sigstore = sigstoreAt()
    const predicateType = 'https://cosign.sigstore.dev/attestation/vuln/v1'
    const proof = await verifyJson(
      sigstore,
      await signed(sigstore, { payload: statementPayload({ predicateType }) }),
    )
    expect(matchContent(proof, { kind: 'attestation', predicateType })).toBe(undefined)
    for (const other of ['https://spdx.dev/Document', `${predicateType}/`, predicateType.toUpperCase(), ''])
      expect(matchContent(proof, { kind: 'attestation', predicateType: other })?.code).toBe(
        'PREDICATE_TYPE_MISMATCH',
      )
    expect(matchContent(proof, { kind: 'signature' })?.code).toBe('PREDICATE_TYPE_MISMATCH')
  })

  test.each<[string, string]>([
    ['not JSON', 'not json'],
    ['empty', ' '],
    ['an array', '[]'],
    ['null', 'null'],
    ['a number', '1'],
    ['another type of statement', statementText({ _type: 'https://in-toto.io/Statement/v2' })],
    ['no type of statement', statementText({ _type: undefined })],
    ['no predicate type', statementText({ predicateType: undefined })],
    ['a number as predicate type', statementText({ predicateType: 1 })],
    ['an empty predicate type', statementText({ predicateType: '' })],
    ['a null subject', statementText({ subject: [null] })],
    ['null for subjects', statementText({ subject: null })],
    ['an object for subjects', statementText({ subject: {} })],
    ['no subjects', statementText({ subject: [] })],
    ['a subject without a digest', statementText({ subject: [{ name: 'x' }] })],
    ['a null digest', statementText({ subject: [{ digest: null }] })],
    ['an empty digest set', statementText({ subject: [{ digest: {} }] })],
    ['a number as digest', statementText({ subject: [{ digest: { sha256: 1 } }] })],
    ['an upper-case digest', statementText({ subject: [{ digest: { sha256: hex.toUpperCase() } }] })],
    ['a digest that is too short', statementText({ subject: [{ digest: { sha256: hex.slice(2) } }] })],
    ['a text as predicate', statementText({ predicate: 'x' })],
    ['the subject twice', statementText().replace('"predicateType"', '"subject":[],"predicateType"')],
    ['the predicate type twice', statementText().replace('"predicate":', '"predicateType":"x","predicate":')],
    ['"Subject" beside "subject"', statementText({ Subject: [] })],
    ['"PredicateType" beside "predicateType"', statementText({ PredicateType: 'x' })],
    ['a byte order mark', `\ufeff${statementText()}`],
    ['something after the statement', `${statementText()}{}`],
    ['half of a surrogate pair', statementText().replace('"predicate":{}', '"predicate":{"a":"\\ud800"}')],
    ['a number beyond all numbers', statementText().replace('"predicate":{}', '"predicate":{"a":1e400}')],
    [
      'a depth of 100000',
      statementText().replace('"predicate":{}', `"predicate":{"a":${'['.repeat(1e5)}${']'.repeat(1e5)}}`),
    ],
  ])('A-41, A-51, D-22, I-10: a signed payload with %s is refused and does not crash', async (_, text) => {
    expect(await outcomeOf(Buffer.from(text))).toBe('MALFORMED_STATEMENT')
  })

  test('D-22, D-24: __proto__ and constructor are names like others', () => {
    const statement = parseStatement(
      Buffer.from(
        statementText().replace('"predicate":{}', '"predicate":{"__proto__":{"admin":true},"constructor":1}'),
      ),
    )
    expect(Object.getPrototypeOf(statement.predicate) ?? null).toBe(null)
    expect('admin' in Object(statement.predicate)).toBe(false)
    expect({}).not.toHaveProperty('admin')
  })

  test('A-42, J-5: a genuine statement about another artifact is refused', async () => {
    const other = digestOf(Buffer.from('another artifact'))
    expect(await outcomeOf(statementPayload(), { subject: other })).toBe('SUBJECT_MISMATCH')
  })

  test.each<[string, Readonly<Record<string, string>>]>([
    ['of sha512 alone', { sha512: 'ab'.repeat(64) }],
    ['of a git commit', { gitCommit: hex }],
    ['of sha1', { sha1: hex.slice(0, 40) }],
    ['of an unknown algorithm', { sha3: hex }],
  ])('I-10: a subject with a digest %s is not this artifact', async (_, digest) => {
    expect(await outcomeOf(statementPayload({ subject: [{ digest }] }))).toBe('SUBJECT_MISMATCH')
  })

  test('I-10: a subject that is right in sha256 and wrong in sha512 is refused where the bytes are at hand', async () => {
    const right = digestOf(artifact, 'sha512').slice('sha512:'.length)
    expect(await outcomeOf(about(right), { artifact })).toBe('ok')
    expect(await outcomeOf(about('ab'.repeat(64)), { artifact })).toBe('SUBJECT_MISMATCH')
  })

  test('A-43: a message signature must be over the artifact and say so', async () => {
    const sigstore = sigstoreAt()
    const bundle = await signed(sigstore, { payload: artifact, content: 'message' })
    expect(await outcome(() => verifyJson(sigstore, bundle, { artifact }))).toBe('ok')
    expect(await outcome(() => verifyJson(sigstore, bundle))).toBe('ok')
    const digest = Buffer.from(digestOf(Buffer.from('other')).slice(7), 'hex').toString('base64')
    const claimed = { ...Object(bundle.messageSignature), messageDigest: { algorithm: 'SHA2_256', digest } }
    const lying = { ...bundle, messageSignature: claimed }
    expect(await outcome(() => verifyJson(sigstore, lying, { artifact }))).toBe('SUBJECT_MISMATCH')
    const other = Buffer.from('other')
    expect(
      await outcome(() => verifyJson(sigstore, lying, { artifact: other, subject: digestOf(other) })),
    ).toBe('LOG_ENTRY_MISMATCH')
    expect(await outcome(() => verifyJson(sigstore, bundle, { artifact: other }))).toBe('SUBJECT_MISMATCH')
  })

  test.each([
    'application/vnd.in-toto+json ',
    'Application/vnd.in-toto+json',
    'application/vnd.in-toto+json;charset=utf-8',
    'application/vnd.in-toto+json\u0131',
    'application/json',
    'é',
    '',
  ])('D-21, J-5: an envelope of the type %j is refused', async (payloadType) => {
    const sigstore = sigstoreAt()
    const bundle = await signed(sigstore, { payloadType })
    expect(await outcome(() => verifyJson(sigstore, bundle))).toBe('WRONG_PAYLOAD_TYPE')
  })

  test.each([
    ['a second signature', (first: { sig: string }) => [first, { sig: 'AAAA' }]],
    ['garbage before it', (first: { sig: string }) => [{ sig: 'AAAA' }, first]],
    ['no signature', () => []],
  ])('A-58, A-62: an envelope with %s is refused', async (_, change) => {
    const sigstore = sigstoreAt()
    const bundle = await signed(sigstore)
    const [first = { sig: '' }] = bundle.dsseEnvelope?.signatures ?? []
    const changed = { ...bundle, dsseEnvelope: { ...bundle.dsseEnvelope, signatures: change(first) } }
    expect(await outcome(() => verifyJson(sigstore, changed))).toBe('MALFORMED_BUNDLE')
  })

  test('A-44: a payload that was changed under its signature is refused', async () => {
    const sigstore = sigstoreAt()
    const keys = ecKeyPair()
    const key = parsePublicKey(keys.publicKey.export({ format: 'pem', type: 'spki' }).toString())
    const bundle = await signed(sigstore, { signer: keys, log: 'none' })
    const payload = Buffer.from(statementPayload({ predicate: { a: 1 } })).toString('base64')
    const changed = { ...bundle, dsseEnvelope: { ...bundle.dsseEnvelope, payload } }
    const options = { keys: [key], transparencyLog: 'insecure-ignore' } as const
    expect(await outcome(() => verifyJson(sigstore, bundle, options))).toBe('ok')
    expect(await outcome(() => verifyJson(sigstore, changed, options))).toBe('INVALID_SIGNATURE')
  })

  test('A-54, A-59: annotations must stand in the signature that counts, as values of the same type', async () => {
    const sigstore = sigstoreAt()
    const subject = [{ digest: { sha256: hex }, annotations: { env: 'prod', n: 1 } }]
    const other = [{ digest: { sha256: 'ab'.repeat(32) }, annotations: { team: 'a' } }]
    const payload = statementPayload({ subject: [...other, ...subject] })
    const proof = await verifyJson(sigstore, await signed(sigstore, { payload }))
    const code = (annotations: Readonly<Record<string, string>>) =>
      matchContent(proof, { kind: 'signature', annotations })?.code ?? 'ok'
    expect(code({ env: 'prod' })).toBe('ok')
    expect(code({ env: 'dev' })).toBe('ANNOTATION_MISMATCH')
    expect(code({ n: '1' })).toBe('ANNOTATION_MISMATCH')
    expect(code({ env: 'prod', team: 'a' })).toBe('ANNOTATION_MISMATCH')
    expect(code({ toString: 'x' })).toBe('ANNOTATION_MISMATCH')
  })

  test('D-05: signatures of zero, of garbage and with a third number are refused', async () => {
    const sigstore = sigstoreAt()
    const keys = ecKeyPair()
    const key = parsePublicKey(keys.publicKey.export({ format: 'pem', type: 'spki' }).toString())
    const made = await signed(sigstore, { signer: keys, log: 'none', content: 'message', payload: artifact })
    const good = sign('sha256', artifact, keys.privateKey)
    const zero = '3006020100020100'
    const bad = [
      '3006020101020101',
      zero,
      '3009020101020101020101',
      '00',
      'ff'.repeat(70),
      `${good.toString('hex')}00`,
    ]
    for (const input of [{ artifact }, {}]) {
      for (const signature of bad) {
        const message = {
          ...Object(made.messageSignature),
          signature: Buffer.from(signature, 'hex').toString('base64'),
        }
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        const result = await outcome(() =>
          verifyJson(
            sigstore,
            { ...made, messageSignature: message },
            { ...input, keys: [key], transparencyLog: 'insecure-ignore' },
          ),
        )
        expect(result).toBe('INVALID_SIGNATURE')
      }
    }
  })
})

function statementText(changes: Readonly<Record<string, unknown>> = {}): string {
  return Buffer.from(statementPayload(changes)).toString()
}
