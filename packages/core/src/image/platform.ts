import type { Platform } from '@assay/registry'
import { ImageError } from './image-error.ts'

/** `os/architecture[/variant]`. */
export function platformName(platform: Platform): string {
  const variant = platform.variant === undefined ? '' : `/${platform.variant}`
  return `${platform.os}/${platform.architecture}${variant}`
}

/**
 * Whether a platform is the one asked for. A variant that was not asked for does not matter, except that arm64 has
 * `v8` by default.
 */
export function matchesPlatform(platform: Platform, wanted: Platform): boolean {
  if (platform.os !== wanted.os || platform.architecture !== wanted.architecture) return false
  return wanted.variant === undefined || variantOf(platform) === wanted.variant
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

function variantOf(platform: Platform): string | undefined {
  return platform.variant ?? (platform.architecture === 'arm64' ? 'v8' : undefined)
}
