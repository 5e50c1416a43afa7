import type { Platform } from '@assay/registry'
import { ImageError } from './image-error.ts'

/** `os/architecture[/variant]`. */
export function platformName(platform: Platform): string {
  const variant = platform.variant === undefined ? '' : `/${platform.variant}`
  return `${platform.os}/${platform.architecture}${variant}`
}

/**
 * Whether a platform is the one asked for, whichever of their usual names both go by. A variant that was not asked
 * for does not matter.
 */
export function matchesPlatform(platform: Platform, wanted: Platform): boolean {
  const here = normalized(platform)
  const asked = normalized(wanted)
  if (here.os !== asked.os || here.architecture !== asked.architecture) return false
  const anyVariant = wanted.variant === undefined
  return anyVariant || here.variant === asked.variant
}

/**
 * Reads `os/architecture[/variant]`.
 * @throws ImageError UNKNOWN_PLATFORM
 */
export function parsePlatform(text: string): Platform {
  const parts = text.split('/')
  const [os = '', architecture = '', variant] = parts
  if (parts.length > 3 || parts.some((part) => !/^[a-z0-9._-]+$/i.test(part)) || architecture === '') {
    throw new ImageError('UNKNOWN_PLATFORM', 'this is not a platform', {
      on: text,
      expected: 'os/architecture or os/architecture/variant',
      hint: 'for example linux/arm64',
    })
  }
  return { os, architecture, ...(variant === undefined ? {} : { variant }) }
}

/** As runtimes normalise platforms before they compare them. */
function normalized({ os, architecture, variant }: Platform): Platform {
  const lowerOs = os.toLowerCase()
  const lower = architecture.toLowerCase()
  const [name, implied] = aliases.get(lower) ?? [lower]
  const said = implied ?? variant?.toLowerCase().replace(/^(?=\d)/, 'v')
  const own = said === undefined || said === '' ? defaultVariants.get(name) : said
  return {
    os: lowerOs === 'macos' ? 'darwin' : lowerOs,
    architecture: name,
    ...(own === undefined ? {} : { variant: own }),
  }
}

const aliases: ReadonlyMap<string, readonly [name: string, variant?: string]> = new Map<
  string,
  readonly [string, string?]
>([
  ['i386', ['386']],
  ['x86_64', ['amd64']],
  ['x86-64', ['amd64']],
  ['aarch64', ['arm64']],
  ['armhf', ['arm', 'v7']],
  ['armel', ['arm', 'v6']],
])
const defaultVariants: ReadonlyMap<string, string> = new Map([
  ['amd64', 'v1'],
  ['arm64', 'v8'],
  ['arm', 'v7'],
])
