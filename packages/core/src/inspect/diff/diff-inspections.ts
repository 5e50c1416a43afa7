import type { FileReport } from '../files/file-report.ts'
import type { FindingReport, ImageReport, InspectionReport } from '../inspection-report.ts'
import type { Verdict } from '../verdict.ts'

/** The version of the JSON form of a difference. */
export const diffSchema = 'assay.diff/v1'

/** How a container of one image differs from one of another. Plain JSON values. */
export interface InspectionDiff {
  readonly schema: typeof diffSchema
  /** Nothing differs, and everything could be read. */
  readonly ok: boolean
  readonly status: 'same' | 'different' | 'undecided'
  readonly before: DiffSide
  readonly after: DiffSide
  readonly platforms: readonly PlatformDiff[]
}

interface DiffSide {
  readonly reference: string
  readonly digest: string
  readonly verdict: Verdict
}

export interface PlatformDiff {
  readonly platform: string
  /** Whether only one of the images has this platform; its content is not listed then. */
  readonly presence: 'both' | 'added' | 'removed'
  readonly files: readonly Change<FileFacts>[]
  readonly packages: readonly Change<string>[]
  readonly config: readonly Change<unknown>[]
  readonly findings: readonly Change<string>[]
}

/** What stands under a name before and after; null where nothing does. */
export interface Change<Value> {
  readonly name: string
  readonly before: Value | null
  readonly after: Value | null
}

type FileFacts = Pick<FileReport, 'type' | 'mode' | 'uid' | 'gid' | 'size' | 'target' | 'sha256'>

/** Compares two reports that list files. Layers do not count: equal containers may be made of other layers. */
export function diffInspections(before: InspectionReport, after: InspectionReport): InspectionDiff {
  const platforms = union(byPlatform(before), byPlatform(after)).map(([platform, one, other]) =>
    platformDiff(platform, one, other),
  )
  const differs = platforms.some(isDifferent)
  const unread = before.verdict === 'undecidable' || after.verdict === 'undecidable'
  const status = differs ? 'different' : unread ? 'undecided' : 'same'
  return {
    schema: diffSchema,
    ok: status === 'same',
    status,
    before: sideOf(before),
    after: sideOf(after),
    platforms,
  }
}

function isDifferent({ presence, files, packages, config, findings }: PlatformDiff): boolean {
  return presence !== 'both' || files.length + packages.length + config.length + findings.length > 0
}

function sideOf({ reference, digest, verdict }: InspectionReport): DiffSide {
  return { reference, digest, verdict }
}

function platformDiff(
  platform: string,
  before: ImageReport | undefined,
  after: ImageReport | undefined,
): PlatformDiff {
  const nothing = { platform, files: [], packages: [], config: [], findings: [] }
  if (before === undefined || after === undefined) {
    return { ...nothing, presence: before === undefined ? 'added' : 'removed' }
  }
  const changesOf = <Value>(list: (image: ImageReport) => Named<Value>): readonly Change<Value>[] =>
    changes(list(before), list(after))
  return {
    platform,
    presence: 'both',
    files: changesOf(filesOf),
    packages: changesOf(packagesOf),
    config: changesOf(configOf),
    findings: changesOf(findingsOf),
  }
}

type Named<Value> = ReadonlyMap<string, Value>

function byPlatform({ images }: InspectionReport): Named<ImageReport> {
  return new Map(images.map((image) => [image.platform, image]))
}

function filesOf({ files = [] }: ImageReport): Named<FileFacts> {
  const seen = files.filter(({ state }) => state === 'present')
  return new Map(
    seen.map(({ path, type, mode, uid, gid, size, target, sha256 }) => [
      path,
      // Which of its names a file came with is the writer's choice.
      type === 'hardlink'
        ? { type: 'file', mode, uid, gid, size, target: null, sha256 }
        : { type, mode, uid, gid, size, target, sha256 },
    ]),
  )
}

function packagesOf({ packages }: ImageReport): Named<string> {
  const versions = new Map<string, string>()
  for (const { ecosystem, name, version, architecture } of packages) {
    const key = `${ecosystem}:${name}${architecture === '' ? '' : `:${architecture}`}`
    versions.set(key, versions.has(key) ? `${versions.get(key)}, ${version}` : version)
  }
  return versions
}

function configOf({ config, verdict }: ImageReport): Named<unknown> {
  const { digest: _, ...rest } = config
  return new Map<string, unknown>([...Object.entries(rest), ['verdict', verdict]])
}

function findingsOf({ findings, unlisted }: ImageReport): Named<string> {
  return new Map([
    ...findings.map((finding): [string, string] => [findingName(finding), finding.severity]),
    ...Object.entries(unlisted).map(([rule, count]): [string, string] => [
      `${rule}, not listed`,
      String(count),
    ]),
  ])
}

function findingName({ rule, message, evidence }: FindingReport): string {
  return `${rule}: ${message} (${evidence.state?.replace(/ by layer \d+$/, '') ?? 'image'})`
}

function changes<Value>(before: Named<Value>, after: Named<Value>): readonly Change<Value>[] {
  return union(before, after).flatMap(([name, one, other]) =>
    JSON.stringify(one) === JSON.stringify(other)
      ? []
      : [{ name, before: one ?? null, after: other ?? null }],
  )
}

function union<Value>(
  before: Named<Value>,
  after: Named<Value>,
): readonly (readonly [string, Value | undefined, Value | undefined])[] {
  const names = [...new Set([...before.keys(), ...after.keys()])].toSorted((a, b) => (a < b ? -1 : 1))
  return names.map((name) => [name, before.get(name), after.get(name)])
}
