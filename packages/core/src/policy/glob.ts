import { RE2JS } from 're2js'
import type { ImageNames } from './image-names.ts'

/** A pattern over image names: `*` stays inside one path segment, `**` does not, everything else is literal. */
export interface Glob {
  readonly glob: string
}

const allowed = /^[a-zA-Z0-9\-_:/*.@]+$/
const maxGlobLength = 1024
const compiled = new WeakMap<Glob, RE2JS>()

/** Reads a glob by policy-controller's rules (pkg/apis/glob); undefined where it holds a character that no glob has. */
export function parseGlob(text: string): Glob | undefined {
  return allowed.test(text) && text.length <= maxGlobLength ? { glob: text } : undefined
}

/**
 * Says whether an image is meant. All the names of an image count (with its tag, with its digest, as written),
 * since which of them is at hand depends on who asks: an admission review has dropped the tag.
 */
export function matchesImage(glob: Glob, names: ImageNames): boolean {
  return matchesName(glob, names.all)
}

/** Like `matchesImage`, by the names alone that say what the image is. */
export function surelyMatchesImage(glob: Glob, names: ImageNames): boolean {
  return matchesName(glob, names.certain)
}

/** Holds any text against a glob. */
export function matchesText(glob: Glob, text: string): boolean {
  return matchesName(glob, [text])
}

function matchesName(glob: Glob, names: readonly string[]): boolean {
  const expression = compiled.get(glob) ?? compile(glob)
  compiled.set(glob, expression)
  return names.some((name) => expression.matches(name))
}

/** A glob that only reaches names with a tag: it can never match an image that is given by digest alone. */
export function needsTag(glob: Glob): boolean {
  const { glob: text } = glob
  if (text.includes('@')) return false
  const tag = text.slice(text.lastIndexOf('/') + 1)
  const colon = tag.indexOf(':')
  // `repo:**` and `repo:*` do not reach `repo@sha256:…` either: they ask for a colon right after the name.
  return colon > 0 && !tag.slice(0, colon).endsWith('**')
}

/** Whether every name of the `inner` glob is surely a name of the `outer` one. */
export function covers(outer: Glob, inner: Glob): boolean {
  if (outer.glob === '**' || outer.glob === inner.glob) return true
  const prefix = /^([^*]*)\*\*$/.exec(outer.glob)?.[1]
  return prefix !== undefined && inner.glob.startsWith(prefix)
}

/**
 * Whether a glob reaches `place@digest` for some digest that is not known yet. Every star and every letter is tried
 * at once, in time linear in the product of the lengths.
 */
export function mayMatchDigest(glob: Glob, place: string): boolean {
  return digestLengths.some(([algorithm, length]) => {
    const text: readonly string[] = [
      ...`${place}@${algorithm}:`.split(''),
      ...Array.from({ length }, () => hex),
    ]
    return meets(upgraded(glob.glob).match(/\*\*|[^]/g) ?? [], text)
  })
}

const digestLengths = [
  ['sha256', 64],
  ['sha512', 128],
] as const
/** Any one hexadecimal digit. */
const hex = '0123456789abcdef'

/** Whether some choice of the hexadecimal digits makes the parts of a glob match the whole text. */
function meets(parts: readonly string[], text: readonly string[]): boolean {
  // Where the parts so far may end: before the letter with this index.
  let reached = [true, ...text.map(() => false)]
  for (const part of parts) {
    reached = after(part, reached, text)
    if (!reached.includes(true)) return false
  }
  return reached.at(-1) === true
}

function after(part: string, reached: readonly boolean[], text: readonly string[]): boolean[] {
  const isStar = part === '*' || part === '**'
  const next: boolean[] = []
  for (const [index, isReached] of reached.entries()) {
    const before = (isStar ? next : reached)[index - 1] === true
    next.push((isStar && isReached) || (before && fits(part, text[index - 1] ?? '')))
  }
  return next
}

function fits(part: string, letter: string): boolean {
  if (part === '**') return true
  return part === '*' ? letter !== '/' : letter.includes(part)
}

function compile(glob: Glob): RE2JS {
  const text = upgraded(glob.glob)
  const source = text.replace(/\*\*|\*|[^*]+/g, (part) => {
    if (part === '**') return '.*'
    return part === '*' ? '[^/]*' : RE2JS.quote(part)
  })
  return RE2JS.compile(source, RE2JS.DOTALL)
}

/** The two globs that policy-controller reads as Docker Hub alone. */
function upgraded(glob: string): string {
  if (glob === '*') return 'index.docker.io/library/*'
  return glob === '*/*' ? 'index.docker.io/*/*' : glob
}
