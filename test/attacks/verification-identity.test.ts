import {
  matchSigner,
  parseTrustRoot,
  PatternError,
  compilePattern,
  type IdentityPattern,
  type Proof,
  type TextPattern,
} from '@assay/core'
import { signed, sigstoreAt, verifyJson } from '@assay/test-support/verification'
import { describe, expect, test } from 'vitest'

const issuer = 'https://token.actions.githubusercontent.com'
const workflow = 'https://github.com/org/app/.github/workflows/release.yml@refs/tags/v1.0'

function exact(value: string): TextPattern {
  return { kind: 'exact', value }
}

async function proofOf(
  identity: {
    readonly subject?: string
    readonly issuer?: string
    readonly extensions?: Readonly<Record<string, string>>
  } = {},
): Promise<Proof> {
  const sigstore = sigstoreAt()
  const bundle = await signed(sigstore, { signer: { identity: { subject: workflow, issuer, ...identity } } })
  return await verifyJson(sigstore, bundle)
}

function codeOf(proof: Proof, ...identities: readonly Partial<IdentityPattern>[]): string {
  const patterns = identities.map((pattern) => ({
    subject: exact(workflow),
    issuer: exact(issuer),
    ...pattern,
  }))
  return matchSigner(proof, { kind: 'certificate', identities: patterns })?.code ?? 'ok'
}

describe('A.3 identity and issuer', () => {
  test('A-28: an expression is a demand like any other, and no identities match nobody', async () => {
    const proof = await proofOf()
    expect(codeOf(proof, {})).toBe('ok')
    expect(codeOf(proof, { subject: await compilePattern('https://github\\.com/org/.*') })).toBe('ok')
    expect(codeOf(proof, { subject: await compilePattern('https://github\\.com/other/.*') })).toBe(
      'IDENTITY_MISMATCH',
    )
    expect(codeOf(proof, { issuer: await compilePattern('https://accounts\\..*') })).toBe('ISSUER_MISMATCH')
    expect(codeOf(proof)).toBe('IDENTITY_MISMATCH')
  })

  test.each([
    'https://github.com/evil/repo/.github/workflows/github.com/org/x.yml@refs/heads/main',
    'https://evil.test/?x=https://github.com/org/app',
    `${workflow}0`,
    `x${workflow}`,
    'https://github.com/organisation/app',
  ])('A-29, J-4: a pattern is matched as a whole, so %s is refused', async (subject) => {
    const proof = await proofOf({ subject })
    for (const pattern of ['github.com/org/', 'https://github.com/org', workflow.replaceAll('.', '\\.')]) {
      const refusal = matchSigner(proof, {
        kind: 'certificate',
        identities: [{ subject: await compilePattern(pattern), issuer: exact(issuer) }],
      })
      expect(refusal?.code).toBe('IDENTITY_MISMATCH')
    }
    expect(codeOf(proof, { subject: exact('github.com/org/') })).toBe('IDENTITY_MISMATCH')
  })

  test('A-29: alternatives and anchors inside an expression cannot open it, and the refusal says where it fell short', async () => {
    const proof = await proofOf({ subject: 'https://evil.test/org' })
    expect(codeOf(proof, { subject: await compilePattern('^https://a|org$') })).toBe('IDENTITY_MISMATCH')
    expect(codeOf(proof, { subject: await compilePattern('(?m)^.*org$|x') })).toBe('ok')
    const refusal = matchSigner(proof, {
      kind: 'certificate',
      identities: [{ subject: await compilePattern('evil'), issuer: exact(issuer) }],
    })
    expect(refusal?.hint).toContain('a part only')
  })

  test('A-29, D-26: an expression that would close the group around it, or look back, is no expression', async () => {
    for (const source of ['a)|(?:b', '(a', '(?=a)b', '(a)\\1', 'a'.repeat(5000)])
      await expect(compilePattern(source)).rejects.toThrow(PatternError)
    await compilePattern('(a+)+$')
  })

  test.each([
    'a@notcorp.com',
    'a@corp.com.evil',
    '"a@corp.com"@evil',
    'A@CORP.COM',
    'a@corp.comx',
    'x.a@corp.com',
  ])('A-33: the address %s is not a@corp.com, and case counts', async (subject) => {
    const proof = await proofOf({ subject })
    expect(codeOf(proof, { subject: exact('a@corp.com') })).toBe('IDENTITY_MISMATCH')
    expect(codeOf(proof, { subject: await compilePattern('[a-z]@corp\\.com') })).toBe('IDENTITY_MISMATCH')
  })

  test('subject, issuer and extensions must hold of one identity, not of several together', async () => {
    const proof = await proofOf()
    const other = exact('https://accounts.google.com')
    expect(codeOf(proof, { issuer: other }, { subject: exact('a@b.test') })).toBe('ISSUER_MISMATCH')
    expect(codeOf(proof, { issuer: other }, {})).toBe('ok')
  })

  test('I-09: builder, source, ref and trigger are compared as a whole', async () => {
    const extensions = {
      '9': 'https://github.com/actions/runner-evil',
      '12': 'https://github.com/fork/app',
      '14': 'refs/heads/v1.0',
      '20': 'pull_request_target',
    }
    const proof = await proofOf({ extensions })
    const demand = (name: string, pattern: TextPattern): string =>
      codeOf(proof, { extensions: { [name]: pattern } })
    expect(demand('buildSignerURI', exact('https://github.com/actions/runner'))).toBe('EXTENSION_MISMATCH')
    expect(demand('buildSignerURI', await compilePattern('https://github.com/actions/runner'))).toBe(
      'EXTENSION_MISMATCH',
    )
    expect(demand('sourceRepositoryURI', exact('https://github.com/org/app'))).toBe('EXTENSION_MISMATCH')
    expect(demand('sourceRepositoryURI', exact('https://github.com/fork/app.git'))).toBe('EXTENSION_MISMATCH')
    expect(demand('sourceRepositoryRef', exact('refs/tags/v1.0'))).toBe('EXTENSION_MISMATCH')
    expect(demand('buildTrigger', exact('push'))).toBe('EXTENSION_MISMATCH')
    expect(demand('runnerEnvironment', exact('github-hosted'))).toBe('EXTENSION_MISMATCH')
    expect(demand('toString', await compilePattern('.*'))).toBe('EXTENSION_MISMATCH')
    expect(demand('sourceRepositoryRef', exact('refs/heads/v1.0'))).toBe('ok')
  })

  test('a demand for a key is not met by a certificate', async () => {
    expect(matchSigner(await proofOf(), { kind: 'key' })?.code).toBe('WRONG_SIGNER_KIND')
  })

  test("the trusted root is needed: without it a certificate is nobody's", async () => {
    const sigstore = sigstoreAt()
    const bundle = await signed(sigstore)
    const trust = { ...parseTrustRoot(sigstore.trustedRoot), certificateAuthorities: [] }
    await expect(verifyJson(sigstore, bundle, { trust })).rejects.toMatchObject({
      code: 'UNTRUSTED_CERTIFICATE',
    })
  })
})
