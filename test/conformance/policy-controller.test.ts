import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parsePolicyFile } from '@assay/core'
import { describe, expect, test } from 'vitest'
import { corpus } from '../support/corpora.ts'

// What policy-controller accepts and rejects, from its own test data (corpora/policy-controller).
const folder = corpus('policy-controller')

function files(path: string): readonly (readonly [string, string])[] {
  if (folder === undefined) return []
  const names = readdirSync(join(folder, path)).filter((name) => name.endsWith('.yaml'))
  return names.map((name) => [name, readFileSync(join(folder, path, name), 'utf8')])
}

/** The texts behind `# ERROR:`; those that the cluster's schema words, not the webhook, are told in our words. */
function expected(text: string): readonly string[] {
  const lines = [...text.matchAll(/^# (?:ERROR|Warning):\s*(.*)$/gm)].map(([, line]) => line?.trim() ?? '')
  return lines.map((line) => {
    if (line === 'keyless.identities: Invalid value')
      return 'missing field(s): spec.authorities[0].keyless.identities'
    // It repeats what stands under key.data. We do not: it may be a private key.
    return line
      .replace(/^validation failed: /, '')
      .replace(/^(invalid value: ).*(: spec\.\S+\.key\.data)/, '$1text without a PEM block$2')
  })
}

/** policy-controller lists the value, then the path; letter case and the PEM's line breaks are not the point. */
function normal(text: string): string {
  return text.toLowerCase().replace(/\s+/g, ' ')
}

function golden(name: string): string {
  return folder === undefined ? '' : readFileSync(join(folder, 'trustroot/golden', name)).toString('base64')
}

/** The shell tests of policy-controller fill these forms in; so do we, with its golden material. */
function filled(text: string): string {
  return text
    .replace('FULCIO_CERT_CHAIN', golden('tsa.crt.pem'))
    .replace('REKOR_PUBLIC_KEY', golden('rekor.pem'))
    .replace('CTFE_PUBLIC_KEY', golden('ctfe.pem'))
    .replace('TSA_CERT_CHAIN', golden('tsa.crt.pem'))
    .replace('TSA_URL', 'https://tsa.example.com')
    .replace('TUF_MIRROR', 'https://tuf.example.com')
    .replace('ROOT_JSON', Buffer.from('{"signatures":[],"signed":{}}').toString('base64'))
}

describe.skipIf(folder === undefined)('policy-controller, valid', () => {
  test.each([
    ...files('valid'),
    ...files('tester'),
    ...files('e2e').filter(([name]) => name.startsWith('cip-')),
  ])('%s is accepted', (name, text) => {
    const { policies, problems } = parsePolicyFile(text, name)
    expect(problems).toEqual([])
    expect(policies).toHaveLength(1)
  })
})

describe.skipIf(folder === undefined)('policy-controller, examples', () => {
  test.each(files('examples/policies').filter(([name]) => name !== 'signed-by-aws-kms-key.yaml'))(
    '%s is accepted',
    (name, text) => {
      expect(parsePolicyFile(text, name).problems).toEqual([])
    },
  )

  test('the AWS example is a form to fill in: refused as it stands, accepted with an ARN', () => {
    const text = files('examples/policies').find(([name]) => name === 'signed-by-aws-kms-key.yaml')?.[1] ?? ''
    expect(parsePolicyFile(text, 'aws.yaml').problems).toMatchObject([
      { path: 'spec.authorities[0].key.kms' },
    ])
    const complete = text
      .replace('<< region >>', 'us-east-2')
      .replace('<< account id >>', '111122223333')
      .replace('<< key id >>', '1234abcd-12ab-34cd-56ef-1234567890ab')
    expect(parsePolicyFile(complete, 'aws.yaml').problems).toEqual([])
  })
})

describe.skipIf(folder === undefined)('policy-controller, invalid', () => {
  test.each(files('invalid'))('%s is rejected for the reason in its comment', (name, text) => {
    const { policies, problems, broken } = parsePolicyFile(text, name)
    expect(policies).toEqual([])
    expect(broken).toHaveLength(1)
    const messages = problems.map(({ message }) => normal(message)).join('\n')
    const reasons = expected(text)
    expect(reasons.length).toBeGreaterThan(0)
    for (const reason of reasons) expect(messages).toContain(normal(reason))
  })

  test('empty-authorities/authorities-absent.yaml is rejected, as by default in a cluster', () => {
    const [[name, text] = ['', '']] = files('empty-authorities')
    expect(parsePolicyFile(text, name).problems).toMatchObject([
      { message: 'missing field(s): spec.authorities' },
    ])
  })

  test('e2e/test-deployment.yaml is no policy', () => {
    const text = files('e2e').find(([name]) => name === 'test-deployment.yaml')?.[1] ?? ''
    expect(parsePolicyFile(text, 'd.yaml').problems).toMatchObject([{ code: 'UNKNOWN_KIND' }])
  })
})

describe.skipIf(folder === undefined)('policy-controller, trust roots', () => {
  test.each(files('trustroot/e2e'))(
    '%s is accepted once it is filled in, and refused before',
    (name, text) => {
      const { trustRoots, problems } = parsePolicyFile(filled(text), name)
      expect(problems).toEqual([])
      expect(trustRoots).toHaveLength(1)
      expect(parsePolicyFile(text, name).problems).not.toEqual([])
    },
  )
})
