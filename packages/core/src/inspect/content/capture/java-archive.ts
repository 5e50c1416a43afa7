import { createHash } from 'node:crypto'
import type { Component } from '../../../image/content-facts.ts'
import { baseName } from '../../../image/layer-path.ts'
import { LIMITS } from '../../../image/limits.ts'
import { shortText, type ToldComponents } from './told-components.ts'
import { zipContent, zipEntries, type ZipEntry } from './zip-directory.ts'

const depthAtMost = 3
const describing = /^META-INF\/maven\/[^/]+\/[^/]+\/pom\.properties$/
const archive = /\.(?:jar|war|ear)$/

/** The artifacts in a jar, war or ear: those that its Maven properties name, else the one of its manifest, and of the archives within. */
export function javaArtifacts(content: Buffer, name: string): ToldComponents {
  const reader = new JavaReader()
  reader.read(content, { name, inner: '', depth: 1 })
  const [problem] = reader.problems
  return { components: reader.components, ...(problem === undefined ? {} : { problem }) }
}

interface Place {
  readonly name: string
  /** Path within the outermost archive; empty for itself. */
  readonly inner: string
  readonly depth: number
}

class JavaReader {
  readonly components: Component[] = []
  readonly problems: string[] = []
  #left: number = LIMITS.javaInnerBytes

  read(zip: Buffer, place: Place): void {
    const entries = zipEntries(zip)
    if (entries === undefined) {
      this.problems.push(`${place.inner || 'it'} is not a zip that can be read`)
      return
    }
    const own = this.#artifacts(zip, entries, place)
    const where = place.inner === '' ? {} : { inner: place.inner }
    // Of several artifacts in one jar, none is the jar.
    const digest = own.length === 1 ? { sha256: createHash('sha256').update(zip).digest('hex') } : {}
    for (const component of own) this.components.push({ ...component, ...where, ...digest })
    for (const entry of entries) if (archive.test(entry.name)) this.#readInner(zip, entry, place)
  }

  #readInner(zip: Buffer, entry: ZipEntry, { inner, depth }: Place): void {
    const path = inner === '' ? entry.name : `${inner}!${entry.name}`
    if (depth >= depthAtMost) {
      this.problems.push(`${path} lies too deep`)
      return
    }
    const content = this.#take(zip, entry)
    if (content === undefined) this.problems.push(`${path} is broken or too large`)
    else this.read(content, { name: baseName(entry.name), inner: path, depth: depth + 1 })
  }

  #take(zip: Buffer, entry: ZipEntry): Buffer | undefined {
    const content = zipContent(zip, entry, Math.min(this.#left, LIMITS.javaArchiveBytes))
    this.#left -= content?.length ?? 0
    return content
  }

  #artifacts(zip: Buffer, entries: readonly ZipEntry[], place: Place): readonly Component[] {
    const named = entries
      .filter((entry) => describing.test(entry.name))
      .flatMap((entry) => this.#mavenArtifact(zip, entry))
    if (named.length > 0) return named
    const manifest = entries.find((entry) => entry.name.toUpperCase() === 'META-INF/MANIFEST.MF')
    const text = manifest === undefined ? undefined : this.#text(zip, manifest)
    return [ofManifest(manifestFields(text ?? ''), place.name)]
  }

  #mavenArtifact(zip: Buffer, entry: ZipEntry): readonly Component[] {
    const text = this.#text(zip, entry) ?? ''
    const field = (key: string): string | undefined =>
      shortText(new RegExp(`^\\s*${key}\\s*[=:]\\s*(.*)$`, 'm').exec(text)?.[1])
    const [group, name, version] = [field('groupId'), field('artifactId'), field('version')]
    if (name === undefined || version === undefined) return []
    return [{ ecosystem: 'maven', name, version, ...(group === undefined ? {} : { group }) }]
  }

  #text(zip: Buffer, entry: ZipEntry): string | undefined {
    const content = zipContent(zip, entry, Math.min(this.#left, LIMITS.descriptionBytes))
    this.#left -= content?.length ?? 0
    return content?.toString('utf8')
  }
}

/** The main section of a manifest; long lines go on behind a space (JAR File Specification). */
function manifestFields(text: string): ReadonlyMap<string, string> {
  const [main = ''] = text.replaceAll(/\r\n?/g, '\n').replaceAll('\n ', '').split('\n\n')
  return new Map(
    main.split('\n').flatMap((line): readonly (readonly [string, string])[] => {
      const colon = line.indexOf(':')
      return colon < 1 ? [] : [[line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]]
    }),
  )
}

function ofManifest(fields: ReadonlyMap<string, string>, file: string): Component {
  const first = (...keys: readonly string[]): string | undefined =>
    keys.map((key) => shortText(fields.get(key))).find((text) => text !== undefined)
  const [, stem = file, suffix] = /^(.+?)(?:-(\d[\w.+-]*))?\.(?:jar|war|ear)$/.exec(file) ?? []
  const symbolic = first('bundle-symbolicname')?.replace(/;.*$/, '')
  const license = first('bundle-license')
  return {
    ecosystem: 'maven',
    name:
      suffix === undefined
        ? (symbolic ?? first('automatic-module-name', 'implementation-title') ?? stem)
        : stem,
    version: suffix ?? first('implementation-version', 'bundle-version', 'specification-version') ?? '',
    ...(license === undefined ? {} : { license }),
  }
}
