import type { LayerEntry } from '../image/layer.ts'
import { displayPath } from '../image/layer-path.ts'
import { canStart } from './can-start.ts'
import { explains } from './demand/exception.ts'
import { contentOf, entryAt, type InspectedImage } from './inspected-image.ts'
import type { ProgramsReport } from './inspection-report.ts'
import { databasesOf } from './packages/databases-of.ts'
import { integrityOf } from './packages/owners.ts'
import { runtimeFiles } from './runtime-files.ts'

const listedAtMost = 100

/** What explains a program. */
type Explanation = 'package' | 'language' | 'start' | 'runtime' | 'exception' | 'nothing'

/**
 * Accounts for every program that the container can start: a package explains it, the config starts it, a runtime
 * that was declared has it, somebody answers for it, or nothing does.
 */
export function programsOf(inspected: InspectedImage): ProgramsReport {
  const explain = explainer(inspected)
  const programs = inspected.layers.flatMap((layer) =>
    layer.entries.filter((entry) => canStart(inspected, entry)),
  )
  const explanations = programs.map((entry) => [entry, explain(entry)] as const)
  const count = (wanted: Explanation): number => explanations.filter(([, kind]) => kind === wanted).length
  const unexplained = explanations
    .filter(([, kind]) => kind === 'nothing')
    .map(([entry]) => `/${displayPath(entry.path)}`)
  return {
    total: programs.length,
    ofPackages: count('package'),
    ofLanguagePackages: count('language'),
    started: count('start'),
    ofRuntimes: count('runtime'),
    excepted: count('exception'),
    unexplained: unexplained.toSorted().slice(0, listedAtMost),
    unexplainedCount: unexplained.length,
    undecided: databasesOf(inspected)
      .unread.slice(0, listedAtMost)
      .map(
        ({ entry, reason }) => `the package database /${displayPath(entry.path)} cannot be read: ${reason}`,
      ),
  }
}

function explainer(inspected: InspectedImage): (entry: LayerEntry) => Explanation {
  const started = startedBy(inspected)
  const runtimes = runtimeFiles(inspected)
  return (entry) => {
    const integrity = integrityOf(inspected, entry)
    if (integrity.status === 'intact') return integrity.claim.language === undefined ? 'package' : 'language'
    // What a package installed otherwise is not explained by its name or place.
    if (integrity.status === 'unclaimed') {
      if (started.has(entry)) return 'start'
      if (runtimes.isRuntime(entry)) return 'runtime'
      if (runtimes.isOfPackage(entry)) return 'language'
    }
    return explains(inspected, entry) === undefined ? 'nothing' : 'exception'
  }
}

/** The programs that entrypoint, command and health check name by path or through `PATH`. */
function startedBy(inspected: InspectedImage): ReadonlySet<LayerEntry> {
  const { config } = inspected.image
  // As runtimes have it: of several settings the last, and of several directories the first that has the program.
  const path = config.env.findLast((variable) => variable.startsWith('PATH='))?.slice(5) ?? defaultPath
  const [first = ''] = [...config.entrypoint, ...config.command]
  const [, check = ''] = config.healthcheck[0] === 'CMD' ? config.healthcheck : []
  const names = [first, check].filter((name) => name !== '')
  const candidates = (name: string): readonly string[] => {
    if (name.startsWith('/')) return [name]
    if (name.includes('/')) return [`${config.workingDirectory}/${name}`]
    return path.split(':').map((folder) => `${folder}/${name}`)
  }
  const found = names.map((name) =>
    candidates(name)
      .map((candidate) => entryAt(inspected, cleaned(candidate)))
      .find((entry) => entry !== undefined && (contentOf(inspected, entry).mode & 0o111) !== 0),
  )
  return new Set(found.filter((entry) => entry !== undefined))
}

const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

function cleaned(path: string): string {
  return path
    .split('/')
    .filter((name) => name !== '' && name !== '.')
    .join('/')
}
