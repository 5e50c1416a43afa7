import type { Call } from '../content.ts'
import { RegistryError } from '../errors.ts'
import { isJsonArray, isJsonObject, parseStrictJson } from '../json/strict-json.ts'
import { isHost, isRepository } from '../reference.ts'
import type { Transport } from '../transport/transport.ts'
import { expectStatus } from './answer-error.ts'
import { originOf } from './endpoint.ts'
import { pages } from './pages.ts'

const maxRepositories = 100_000

/**
 * The repositories of a registry, over all pages, where it offers such a list (distribution, "Listing Repositories").
 * @throws RegistryError UNSUPPORTED where it does not; UNAUTHORIZED, LIMIT_EXCEEDED, MALFORMED_CONTENT
 */
export async function* listRepositories(
  host: string,
  options: { readonly transport: Transport; readonly plainHttp?: boolean },
  call?: Call,
): AsyncGenerator<string, void, undefined> {
  if (!isHost(host))
    throw new RegistryError('INVALID_REFERENCE', 'this is not the host of a registry', { on: host })
  const origin = originOf(host, options.plainHttp)
  const endpoint = { host, repository: '', origin, transport: options.transport }
  const first = { url: new URL('/v2/_catalog', origin), accept: 'application/json' }
  let count = 0
  for await (const page of pages(endpoint, first, call)) {
    if (page.response.status === 404)
      throw new RegistryError('UNSUPPORTED', 'the registry offers no list of its repositories', { on: host })
    await expectStatus(page.response, [200], { doing: 'listing repositories', on: host })
    for (const repository of repositoriesIn(await page.bytes(), host)) {
      count += 1
      if (count > maxRepositories)
        throw new RegistryError('LIMIT_EXCEEDED', `there are more than ${maxRepositories} repositories`, {
          on: host,
        })
      yield repository
    }
  }
}

function repositoriesIn(bytes: Uint8Array, on: string): readonly string[] {
  const body = parseStrictJson(bytes, { on, maxValues: maxRepositories + 100 })
  const names = isJsonObject(body) ? (body['repositories'] ?? []) : undefined
  if (!isJsonArray(names)) throw malformed(on)
  return names.map((name) => {
    if (typeof name === 'string' && isRepository(name)) return name
    throw malformed(on)
  })
}

function malformed(on: string): RegistryError {
  return new RegistryError('MALFORMED_CONTENT', 'the list of repositories is malformed', { on })
}
