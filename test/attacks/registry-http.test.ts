import { openRepository, registryTransport } from '@assay/registry'
import { answer } from '@assay/test-support/registry/answer'
import { describe, expect, test } from 'vitest'

describe('B-40 http', () => {
  test.each([
    'registry.corp.local',
    'localhost.evil.test',
    '127.0.0.1.nip.io',
    'registry.test:80',
    '10.0.0.1',
  ])('is not chosen for %s, and refused there', async (host) => {
    const urls: string[] = []
    const transport = registryTransport({
      base: async (request) => {
        urls.push(request.url.protocol)
        return await Promise.resolve(answer(404))
      },
    })
    await expect(
      openRepository({ host, repository: 'a' }, { transport }).resolve('v1'),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(urls).toEqual(['https:'])
    const plain = openRepository({ host, repository: 'a' }, { transport, plainHttp: true })
    await expect(plain.resolve('v1')).rejects.toMatchObject({ code: 'PROTOCOL_ERROR' })
    expect(urls).toEqual(['https:'])
  })
})
