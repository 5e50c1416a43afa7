import { parseTrustRoot, type TrustRoot } from '@assay/core'
import { boolean, oid, sequence } from '@assay/test-support/sigstore/der'
import { outcome, signed, sigstoreAt, verifyJson } from '@assay/test-support/verification'
import type { VirtualSigstore } from '@assay/test-support/sigstore/virtual-sigstore'
import { describe, expect, test } from 'vitest'

type Leaf = TrustRoot['timestampAuthorities'][number]['certificates'][number]

/** The trusted root with something else in what was read of the timestamp authority's certificate. */
function rootWith(sigstore: VirtualSigstore, change: (leaf: Leaf) => Partial<Leaf>): TrustRoot {
  const root = parseTrustRoot(sigstore.trustedRoot)
  const timestampAuthorities = root.timestampAuthorities.map((chain) => {
    const [leaf, ...above] = chain.certificates
    if (leaf === undefined) throw new Error('no certificate')
    return { ...chain, certificates: [{ ...leaf, ...change(leaf) }, ...above] }
  })
  return { ...root, timestampAuthorities }
}

function withExtension({ extensions }: Leaf, id: string, value: Uint8Array): Partial<Leaf> {
  return { extensions: new Map([...extensions, [id, { critical: true, value }]]) }
}

async function codeOf(change: (leaf: Leaf) => Partial<Leaf>): Promise<string> {
  const sigstore = sigstoreAt()
  const bundle = await signed(sigstore, { log: 'v2' })
  return await outcome(() => verifyJson(sigstore, bundle, { trust: rootWith(sigstore, change) }))
}

// The certificate's bytes stay as they are, so that nothing but our own look at it can refuse.
describe('A-17, A-27, J-9: who signs timestamps', () => {
  test('the certificate as it is', async () => {
    expect(await codeOf(() => ({}))).toBe('ok')
  })

  test('another authority with the same serial number is another one', async () => {
    expect(await codeOf(({ subject }) => ({ issuer: subject }))).toBe('MISSING_TIMESTAMP')
  })

  test('an authority over others', async () => {
    const code = await codeOf((leaf) => withExtension(leaf, '2.5.29.19', sequence(boolean(true))))
    expect(code).toBe('INVALID_TIMESTAMP')
  })

  test.each([
    ['code', [oid('1.3.6.1.5.5.7.3.3')]],
    ['timestamps and code', [oid('1.3.6.1.5.5.7.3.8'), oid('1.3.6.1.5.5.7.3.3')]],
    ['nothing', []],
  ])('a certificate for %s', async (_, purposes) => {
    const code = await codeOf((leaf) => withExtension(leaf, '2.5.29.37', sequence(...purposes)))
    expect(code).toBe('INVALID_TIMESTAMP')
  })
})
