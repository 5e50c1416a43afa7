import type { Component } from '../../../image/content-facts.ts'

/** What a file tells of software. */
export interface ToldComponents {
  readonly components: readonly Component[]
  /** Why it does not tell all that it should, in a few words. */
  readonly problem?: string
}

export const nothingTold: ToldComponents = { components: [] }

const longest = 512

/**
 * A name or version as somebody wrote it, in one line; undefined where it is no text, empty, or longer than any real
 * one.
 */
export function shortText(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  const text = value.trim()
  // oxlint-disable-next-line no-control-regex -- control characters are what this looks for
  return text === '' || text.length > longest || /[\0-\x1f\x7f]/.test(text) ? undefined : text
}
