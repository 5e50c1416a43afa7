import type { LayerEntry } from '../image/layer.ts'
import { baseName, displayPath } from '../image/layer-path.ts'
import {
  digestsOf,
  entryAt,
  factsOf,
  interpreterOf,
  isPresent,
  type InspectedImage,
} from './inspected-image.ts'
import type { ProgramsReport } from './inspection-report.ts'
import { explains } from './demand/exception.ts'
import { isDeclared } from './program-names.ts'
import { ownersOf } from './packages/owners.ts'

const listedAtMost = 100

/** Accounts for every program that the container can start: a package explains it, the config starts it, or nothing. */
export function programsOf(inspected: InspectedImage): ProgramsReport {
  const programs = inspected.layers.flatMap((layer) =>
    layer.entries.filter((entry) => canStart(inspected, entry)),
  )
  const started = startedBy(inspected)
  const owners = ownersOf(inspected)
  const ofPackage = (entry: LayerEntry): boolean => {
    const owner = owners.ownerOf(entry.path)
    return owner !== undefined && owner.md5 === digestsOf(inspected, entry).md5
  }
  const rest = programs.filter((entry) => !ofPackage(entry))
  const ofRuntime = (entry: LayerEntry): boolean => isDeclared(baseName(entry.path), inspected.declared)
  const notStarted = rest.filter((entry) => !started.has(entry))
  const foreign = notStarted.filter((entry) => !ofRuntime(entry))
  const unexplained = foreign
    .filter((entry) => explains(inspected, entry) === undefined)
    .map((entry) => `/${displayPath(entry.path)}`)
  return {
    total: programs.length,
    ofPackages: programs.length - rest.length,
    started: rest.length - notStarted.length,
    ofRuntimes: notStarted.length - foreign.length,
    excepted: foreign.length - unexplained.length,
    unexplained: unexplained.toSorted().slice(0, listedAtMost),
    unexplainedCount: unexplained.length,
  }
}

function canStart(inspected: InspectedImage, entry: LayerEntry): boolean {
  const isFile = entry.type === 'file' || entry.type === 'hardlink'
  if (!isFile || (entry.mode & 0o111) === 0 || !isPresent(inspected, entry)) return false
  const facts = factsOf(inspected, entry)
  if (facts?.form === 'elf') return facts.elf?.executable === true
  return facts?.form === 'script' && interpreterOf(inspected, facts) !== undefined
}

/** The programs that entrypoint, command and health check name by path or through `PATH`. */
function startedBy(inspected: InspectedImage): ReadonlySet<LayerEntry> {
  const { config } = inspected.image
  const path = config.env.find((variable) => variable.startsWith('PATH='))?.slice(5) ?? defaultPath
  const [first = ''] = [...config.entrypoint, ...config.command]
  const [, check = ''] = config.healthcheck[0] === 'CMD' ? config.healthcheck : []
  const names = [first, check].filter((name) => name !== '')
  const candidates = names.flatMap((name) => {
    if (name.startsWith('/')) return [name]
    if (name.includes('/')) return [`${config.workingDirectory}/${name}`]
    return path.split(':').map((folder) => `${folder}/${name}`)
  })
  const found = candidates.map((candidate) => entryAt(inspected, cleaned(candidate)))
  return new Set(found.filter((entry) => entry !== undefined))
}

const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

function cleaned(path: string): string {
  return path
    .split('/')
    .filter((name) => name !== '' && name !== '.')
    .join('/')
}
