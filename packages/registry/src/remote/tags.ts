import type { Call } from '../content.ts'
import { RegistryError } from '../errors.ts'
import { isJsonArray, isJsonObject, parseStrictJson } from '../json/strict-json.ts'
import { isTag } from '../reference.ts'
import { expectStatus } from './answer-error.ts'
import { urlOf, type Endpoint } from './endpoint.ts'
import { pages } from './pages.ts'

const maxTags = 100_000

/**
 * All tags of a repository, over all pages (OCI distribution-spec, "Listing Tags").
 * @throws RegistryError NOT_FOUND, LIMIT_EXCEEDED, MALFORMED_CONTENT and the codes of reaching it
 */
export async function* listTags(endpoint: Endpoint, call?: Call): AsyncGenerator<string, void, undefined> {
  const on = `${endpoint.host}/${endpoint.repository}`
  let count = 0
  for await (const page of pages(
    endpoint,
    { url: urlOf(endpoint, 'tags/list'), accept: 'application/json' },
    call,
  )) {
    await expectStatus(page.response, [200], { doing: 'listing tags', on })
    for (const tag of tagsOf(await page.bytes(), on)) {
      count += 1
      if (count > maxTags)
        throw new RegistryError('LIMIT_EXCEEDED', `there are more than ${maxTags} tags`, { on })
      yield tag
    }
  }
}

function tagsOf(bytes: Uint8Array, on: string): readonly string[] {
  const body = parseStrictJson(bytes, { on, maxValues: maxTags + 100 })
  const tags = isJsonObject(body) ? (body['tags'] ?? []) : undefined
  if (!isJsonArray(tags)) throw malformed(on)
  return tags.map((tag) => {
    if (typeof tag === 'string' && isTag(tag)) return tag
    throw malformed(on)
  })
}

function malformed(on: string): RegistryError {
  return new RegistryError('MALFORMED_CONTENT', 'the list of tags is malformed', { on })
}
