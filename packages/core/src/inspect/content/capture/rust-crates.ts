import { inflateSync } from 'node:zlib'
import type { Component } from '../../../image/content-facts.ts'
import { LIMITS } from '../../../image/limits.ts'
import { shortText, type ToldComponents } from './told-components.ts'

/** The crates that cargo-auditable wrote into a program: zlib over JSON (rust-secure-code, PARSING.md). */
export function rustCrates(section: Buffer): ToldComponents {
  const document = parsed(section)
  const packages: unknown = document?.['packages']
  if (!Array.isArray(packages)) return { components: [], problem: 'its list of crates cannot be read' }
  const components = packages
    .slice(0, LIMITS.packagesOfDatabase)
    .flatMap((one: unknown): readonly Component[] => {
      if (!isFields(one) || one['kind'] === 'build') return []
      const [name, version] = [shortText(one['name']), shortText(one['version'])]
      return name === undefined ? [] : [{ ecosystem: 'cargo', name, version: version ?? '' }]
    })
  return { components }
}

type Fields = Readonly<Record<string, unknown>>

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null
}

function parsed(section: Buffer): Fields | undefined {
  try {
    const text = inflateSync(section, { maxOutputLength: LIMITS.auditableBytes }).toString('utf8')
    const value: unknown = JSON.parse(text)
    return isFields(value) ? value : undefined
  } catch (error) {
    if (error instanceof Error && (error instanceof SyntaxError || 'code' in error)) return undefined
    throw error
  }
}
