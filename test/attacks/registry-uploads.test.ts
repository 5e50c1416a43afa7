import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  copyGraph,
  digestOf,
  memoryStore,
  openRepository,
  registryTransport,
  type Repository,
} from '@assay/registry'
import { describe, expect, test } from 'vitest'
import { pushBytes } from '../support/artifacts.ts'
import { testRegistry, type TestRegistry } from '../support/registry.ts'
import { answer, apiError } from '../support/registry/answer.ts'
import { times, when, type Fault } from '../support/registry/faults.ts'

// Uploads that are cut: on a real socket, because only there bytes are on their way.

const size = 20 * 1024 * 1024
const bytes = new Uint8Array(size).map((_, at) => (at * 2_654_435_761) >>> 11)
const blob = { mediaType: 'application/octet-stream', digest: digestOf(bytes), size }

/** In steps with the server, which lives in this process: what is on its way stays little. */
async function* inChunks(content: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < content.byteLength; at += 100_000) {
    await nextTurn()
    yield content.subarray(at, at + 100_000)
  }
}

async function whileServed(
  work: (registry: TestRegistry, store: Repository) => Promise<void>,
): Promise<void> {
  const registry = testRegistry()
  const served = await registry.serve()
  try {
    const transport = registryTransport({ retry: { pause: 1 } })
    await work(registry, openRepository({ host: served.host, repository: 'a/b' }, { transport }))
  } finally {
    await served.close()
  }
}

/** Takes so many bytes of the body, keeps or forgets them, and breaks off. */
function cutAfter(registry: TestRegistry, count: number, keeps: boolean): Fault {
  return when(/^(?:PUT|PATCH) .*blobs\/uploads\//, async ({ url, body }) => {
    const uploads = registry.repositories.get('a/b')?.uploads
    const id = url.pathname.split('/').at(-1) ?? ''
    const parts: Uint8Array[] = [uploads?.get(id) ?? new Uint8Array()]
    let left = count
    for await (const chunk of body instanceof Uint8Array || body === undefined ? [] : body) {
      parts.push(chunk.subarray(0, left))
      left -= chunk.byteLength
      if (left <= 0) break
    }
    if (keeps) uploads?.set(id, Buffer.concat(parts))
    else uploads?.delete(id)
    throw new Error('cut')
  })
}

const methods = (registry: TestRegistry): readonly string[] =>
  registry.log.filter(({ path }) => path.includes('/uploads/')).map(({ method }) => method)

describe('an upload that is cut', () => {
  test.each([1, 3, 5, 7, 9])('at %i tenths goes on where the registry says that it was', async (tenth) => {
    await whileServed(async (registry, store) => {
      registry.setFaults([cutAfterOnce(registry, (size * tenth) / 10)])
      await store.push(blob, inChunks(bytes))
      expect(methods(registry)).toEqual(['POST', 'GET', 'PATCH', 'PUT'])
      expect(registry.repositories.get('a/b')?.blobs.get(blob.digest)?.byteLength).toBe(size)
    })
  })

  test('again and again is mended again and again', async () => {
    await whileServed(async (registry, store) => {
      let cuts = 0
      const fault = cutAfter(registry, 4_000_000, true)
      registry.setFaults([
        async (request, honest) => {
          if (!/^(?:PUT|PATCH)$/.test(request.method) || cuts === 4) return undefined
          cuts += 1
          return await fault(request, honest)
        },
      ])
      await store.push(blob, inChunks(bytes))
      expect(cuts).toBe(4)
      expect(registry.repositories.get('a/b')?.blobs.has(blob.digest)).toBe(true)
    })
  })

  test('and forgotten is an error, and a copy begins that blob again', async () => {
    await whileServed(async (registry, store) => {
      registry.setFaults([cutAfter(registry, 5_000_000, false)])
      await expect(store.push(blob, inChunks(bytes))).rejects.toMatchObject({ code: 'UNREACHABLE' })
      const from = memoryStore()
      await pushBytes(from, blob.mediaType, bytes)
      let left = 2
      const fault = cutAfter(registry, 5_000_000, false)
      registry.setFaults([
        async (request, honest) => {
          if (request.method !== 'PUT' || left === 0) return undefined
          left -= 1
          return await fault(request, honest)
        },
      ])
      await copyGraph(from, store, { root: blob, referrers: false })
      expect(left).toBe(0)
      expect(registry.repositories.get('a/b')?.blobs.has(blob.digest)).toBe(true)
    })
  })

  test('of which only the answer was lost is there', async () => {
    await whileServed(async (registry, store) => {
      registry.setFaults([
        times(
          1,
          when(/^PUT .*uploads/, async (_request, honest) => {
            await honest()
            throw new Error('cut')
          }),
        ),
      ])
      await store.push(blob, inChunks(bytes))
      expect(registry.repositories.get('a/b')?.blobs.has(blob.digest)).toBe(true)
    })
  })

  test.each([
    ['more than there is', `0-${size + 5}`],
    ['less than can be sent again', '0-10'],
    ['nonsense', 'bytes'],
  ])('is not resumed where the registry claims to have %s', async (_name, range) => {
    await whileServed(async (registry, store) => {
      registry.setFaults([
        when(/^GET .*uploads/, ({ url }) => answer(204, { location: url.pathname, range })),
        cutAfter(registry, 15_000_000, true),
      ])
      await expect(store.push(blob, inChunks(bytes))).rejects.toMatchObject({ code: 'UNREACHABLE' })
    })
  })
})

describe('a registry that takes no large bodies', () => {
  test('gets the blob in parts', async () => {
    await whileServed(async (registry, store) => {
      const from = memoryStore()
      await pushBytes(from, blob.mediaType, bytes)
      registry.setFaults([
        when(/^PUT .*uploads/, async ({ headers }, honest) =>
          Number(headers['content-length']) > 1_000_000 ? apiError(413, 'SIZE_INVALID') : await honest(),
        ),
      ])
      await copyGraph(from, store, { root: blob, referrers: false })
      expect(methods(registry)).toContain('PATCH')
      expect(registry.repositories.get('a/b')?.blobs.has(blob.digest)).toBe(true)
    })
  })
})

test('parts have the length that the registry asks for at least', async () => {
  const least = 50 * 1024 * 1024
  const large = Buffer.alloc(52 * 1024 * 1024, 7)
  const descriptor = { ...blob, digest: digestOf(large), size: large.byteLength }
  await whileServed(async (registry, store) => {
    const lengths: (string | undefined)[] = []
    registry.setFaults([
      when(/^PUT .*uploads/, async ({ headers }, honest) =>
        Number(headers['content-length']) > 1_000_000 ? apiError(413, 'SIZE_INVALID') : await honest(),
      ),
      when(/^POST .*uploads/, async (_request, honest) => {
        const started = await honest()
        return { ...started, headers: { ...started.headers, 'oci-chunk-min-length': String(least) } }
      }),
      when(/^PATCH /, async ({ headers }, honest) => {
        lengths.push(headers['content-length'])
        return await honest()
      }),
    ])
    const from = memoryStore()
    await pushBytes(from, descriptor.mediaType, large)
    await copyGraph(from, store, { root: descriptor, referrers: false })
    expect(lengths).toEqual([String(least), String(large.byteLength - least)])
  })
})

test('content with another digest than was said never completes an upload: its last bytes are not sent', async () => {
  await whileServed(async (registry, store) => {
    const wrong = Buffer.from(bytes)
    wrong[5] = (wrong[5] ?? 0) ^ 1
    await expect(store.push(blob, inChunks(wrong))).rejects.toMatchObject({ code: 'CONTENT_MISMATCH' })
    expect(registry.log.filter(({ status }) => status === 201)).toEqual([])
    expect(registry.log.map(({ method }) => method)).toEqual(['POST'])
  })
})

function cutAfterOnce(registry: TestRegistry, count: number): Fault {
  const fault = cutAfter(registry, count, true)
  let isDone = false
  return async (request, honest) => {
    if (isDone || request.method !== 'PUT') return undefined
    isDone = true
    return await fault(request, honest)
  }
}
