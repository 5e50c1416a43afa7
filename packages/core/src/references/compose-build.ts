import type { Located } from '../policy/parse/located.ts'
import { entriesOf, fieldOf, itemsOf, textOf, type Collector } from './collector.ts'
import { collectImage, type Reading } from './compose-image.ts'
import { collectDockerfile } from './dockerfile.ts'

/** Collects what goes into a build besides its Dockerfile, and a Dockerfile that stands in the compose file itself. */
export function collectBuild(build: Located, path: string, reading: Reading): void {
  const inline = fieldOf(build, 'dockerfile_inline')
  if (inline !== undefined)
    collectInline(inline, `${path}.dockerfile_inline`, { ...reading, args: fieldOf(build, 'args') })
  else
    reading.collector.remark(
      { at: build.at, path },
      'this service is built: give its Dockerfile with --dockerfile',
    )
  const contexts = fieldOf(build, 'additional_contexts')
  for (const [, value] of entriesOf(contexts)) collectContext(value, textOf(value) ?? '', { path, reading })
  for (const value of itemsOf(contexts)) {
    const text = textOf(value) ?? ''
    collectContext(value, text.slice(text.indexOf('=') + 1), { path, reading })
  }
  for (const cache of itemsOf(fieldOf(build, 'cache_from'))) collectCache(cache, { path, reading })
}

interface Build {
  readonly path: string
  readonly reading: Reading
}

function collectContext(value: Located, source: string, { path, reading }: Build): void {
  const spot = { at: value.at, path: `${path}.additional_contexts` }
  const [, scheme, image = ''] = /^(docker-image|oci-layout):\/\/(.*)$/.exec(source) ?? []
  if (scheme === 'docker-image') collectImage(derived(value, image), spot.path, reading)
  else if (scheme !== undefined || source.startsWith('$')) reading.collector.unresolved(source, spot, unseen)
}

/** An image, or `type=registry,ref=image`; other caches are no images. */
function collectCache(cache: Located, { path, reading }: Build): void {
  const text = textOf(cache) ?? ''
  const spot = { at: cache.at, path: `${path}.cache_from` }
  const isImage = !text.includes('=')
  const isRegistry = /(?:^|,)type=registry(?:,|$)/.test(text)
  const image = isImage ? text : /(?:^|,)ref=([^,]+)/.exec(text)?.[1]
  if (image === undefined || !(isImage || isRegistry)) reading.collector.unresolved(text, spot, unseen)
  else collectImage(derived(cache, image), spot.path, reading)
}

const unseen = {
  message: 'a build takes this in, and nobody can tell from here what it is',
  hint: 'build and push the image, and name it',
}

/** Text of our own making has no span in the file. */
function derived({ at }: Located, value: string): Located {
  return { kind: 'string', at, value, span: { start: 0, end: 0 } }
}

function collectInline(
  inline: Located,
  path: string,
  { collector, args }: Reading & { readonly args: Located | undefined },
): void {
  const spot = { at: inline.at, path }
  const text = textOf(inline)
  if (text === undefined || args !== undefined || text.includes('$')) {
    collector.unresolved(path, spot, unseen)
    return
  }
  const placed: Collector = {
    ...collector,
    image: (name) => collector.image(name, spot),
    unresolved: (name, _, why) => collector.unresolved(name, spot, why),
    problem: (_, message) => collector.problem(spot, message),
    remark: (_, message) => collector.remark(spot, message),
  }
  collectDockerfile(text, placed, () => undefined)
}
