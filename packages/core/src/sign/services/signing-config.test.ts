import { describe, expect, it } from 'vitest'
import { isServiceUrl, parseSigningConfig, selectServices, type Selection } from './signing-config.ts'

const now = new Date('2026-06-01T00:00:00Z')

function service(url: string, fields: object = {}): object {
  return { url, majorApiVersion: 1, validFor: { start: '2025-01-01T00:00:00Z' }, operator: url, ...fields }
}

function config(fields: object): Uint8Array {
  const mediaType = 'application/vnd.dev.sigstore.signingconfig.v0.2+json'
  return Buffer.from(JSON.stringify({ mediaType, ...fields }))
}

function select(services: readonly object[], selection: Selection = { kind: 'any' }): readonly string[] {
  const { rekor } = parseSigningConfig(config({ rekorTlogUrls: services }))
  return selectServices(rekor, { selection, apiVersions: [1, 2], now, what: 'log' }).map(({ url }) => url)
}

const [a, b, c] = ['https://a.test', 'https://b.test', 'https://c.test'] as const

describe('selectServices', () => {
  it('takes the highest version that we speak', () => {
    expect(
      select([service(a), service(b, { majorApiVersion: 2 }), service(c, { majorApiVersion: 3 })]),
    ).toEqual([b])
  })

  it('takes the newest of one version', () => {
    expect(select([service(a), service(b, { validFor: { start: '2026-01-01T00:00:00Z' } })])).toEqual([b])
  })

  it('passes over what is not valid yet or any more', () => {
    const early = service(a, { validFor: { start: '2027-01-01T00:00:00Z' } })
    const late = service(b, { validFor: { start: '2025-01-01T00:00:00Z', end: '2026-05-31T00:00:00Z' } })
    expect(select([early, late, service(c)])).toEqual([c])
  })

  it('takes one of each operator for ALL, and no more', () => {
    const twice = [
      service(a, { operator: 'one' }),
      service(b, { operator: 'one', majorApiVersion: 2 }),
      service(c),
    ]
    expect(select(twice, { kind: 'all' })).toEqual([b, c])
  })

  it('takes exactly the number of EXACT or none', () => {
    expect(select([service(a), service(b), service(c)], { kind: 'exact', count: 2 })).toHaveLength(2)
    expect(() => select([service(a)], { kind: 'exact', count: 2 })).toThrow(
      expect.objectContaining({ code: 'NO_SERVICE' }),
    )
  })

  it('says so where nothing is usable', () => {
    expect(() => select([], { kind: 'all' })).toThrow(expect.objectContaining({ code: 'NO_SERVICE' }))
  })
})

describe('parseSigningConfig', () => {
  const refused: readonly (readonly [string, object])[] = [
    ['plain http elsewhere', { caUrls: [service('http://fulcio.test')] }],
    ['credentials in a URL', { caUrls: [service('https://user:secret@fulcio.test')] }],
    ['a service without a start', { caUrls: [service(a, { validFor: {} })] }],
    ['EXACT without a count', { rekorTlogConfig: { selector: 'EXACT' } }],
    ['an unknown selector', { tsaConfig: { selector: 'SOME' } }],
    ['another version', { mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.1+json' }],
  ]
  for (const [title, fields] of refused) {
    it(`refuses ${title}`, () => {
      const document = config(fields)
      expect(() => parseSigningConfig(document)).toThrow(
        expect.objectContaining({ code: 'MALFORMED_SIGNING_CONFIG' }),
      )
    })
  }

  it('takes plain http on this machine', () => {
    expect(['http://127.0.0.1:1', 'http://localhost', 'http://[::1]:2'].filter(isServiceUrl)).toHaveLength(3)
    expect(isServiceUrl('http://127.0.0.1.evil.test')).toBe(false)
  })
})
