import { execFile } from 'node:child_process'
import { readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { parseEnv } from 'node:util'
import type { ReferenceFile } from '@assay/core'
import { redact } from '@assay/registry'
import type { Io } from './io.ts'
import type { ReadFile } from './options/reference-sources.ts'
import { readNamedFile } from './read-file.ts'
import { UsageError } from './usage-error.ts'

/** The most files that a folder may have for `-f`. */
const maxFiles = 10_000
const manifests = /\.(?:ya?ml|json)$/i
const maxRendered = 64 * 1024 * 1024

/** Reads the files of `-f`; of folders all .yaml, .yml and .json files that are not in hidden folders. */
export async function manifestFiles(paths: readonly string[]): Promise<readonly ReadFile[]> {
  const names = await Promise.all(paths.map((path) => filesOf(path, { flag: '-f', kind: manifests })))
  return await namedFiles(names.flat(), 'manifest')
}

export async function namedFiles(
  names: readonly string[],
  kind: ReferenceFile['kind'],
): Promise<readonly ReadFile[]> {
  const flag = { manifest: '-f', dockerfile: '--dockerfile', compose: '--compose' }[kind]
  return await Promise.all(
    [...new Set(names)].map(async (name): Promise<ReadFile> => {
      const bytes = await readNamedFile(name, flag)
      return { file: true, source: { name, text: Buffer.from(bytes).toString('utf8'), kind } }
    }),
  )
}

const programs = {
  helm: ['template', '--', 'assay'],
  kustomize: ['build', '--'],
} as const

/**
 * Runs helm or kustomize over each of the places, and takes what they print as manifests.
 * @throws UsageError USAGE where the program is missing or refuses
 */
export async function rendered(
  program: keyof typeof programs,
  places: readonly string[],
  io: Io,
): Promise<readonly ReadFile[]> {
  return await Promise.all(
    places.map(async (place): Promise<ReadFile> => {
      const text = await output(program, [...programs[program], place], io)
      return { file: false, source: { name: `${program}:${place}`, text, kind: 'manifest' } }
    }),
  )
}

/** The variables that docker compose would have: the environment first, then the .env beside the file. */
export async function composeVariables(
  name: string,
  { env }: Io,
): Promise<(variable: string) => string | undefined> {
  const beside = join(dirname(name), '.env')
  const exists = await stat(beside).then(
    (found) => found.isFile(),
    () => false,
  )
  const own: NodeJS.Dict<string> = exists
    ? parseEnv(Buffer.from(await readNamedFile(beside, '--compose')).toString('utf8'))
    : {}
  return (variable) => env[variable] ?? (Object.hasOwn(own, variable) ? own[variable] : undefined)
}

/**
 * The files of a path: itself, or in a folder all that are of the kind, as kubectl reads them: hidden ones and links,
 * too. Hidden folders are left out, and links to folders.
 * @throws UsageError UNREADABLE_FILE
 */
export async function filesOf(
  path: string,
  { flag, kind }: { readonly flag: string; readonly kind: RegExp },
): Promise<readonly string[]> {
  const place = await stat(path).catch((cause: unknown) => {
    throw new UsageError('UNREADABLE_FILE', `the file of ${flag} cannot be read`, { on: path, cause })
  })
  if (!place.isDirectory()) return [path]
  const entries = await readdir(path, { withFileTypes: true, recursive: true })
  const found = entries
    .filter((entry) => (entry.isFile() || entry.isSymbolicLink()) && kind.test(entry.name))
    .map((entry) => ({ isLink: entry.isSymbolicLink(), name: join(entry.parentPath, entry.name) }))
    .filter(({ name }) => !/(?:^|\/)\.[^./][^/]*\//.test(name.slice(path.length)))
  const leads = await Promise.all(
    found.map(async ({ isLink, name }) => !isLink || (await leadsToFile(name, flag))),
  )
  const files = found.flatMap(({ name }, at) => (leads[at] === true ? [name] : [])).toSorted()
  if (files.length > 0 && files.length <= maxFiles) return files
  throw new UsageError('UNREADABLE_FILE', `the folder of ${flag} holds no files to read, or too many`, {
    on: path,
    expected: `1 to ${maxFiles} files named like ${kind.source}`,
    got: `${files.length} files`,
  })
}

/** A link to nothing is one, too: that it cannot be read is said, and not passed over. */
async function leadsToFile(name: string, flag: string): Promise<boolean> {
  const place = await stat(name).catch(() => undefined)
  if (place === undefined || place.isFile()) return true
  if (place.isDirectory()) return false
  // What a device gives may have no end.
  throw new UsageError('UNREADABLE_FILE', `the file of ${flag} cannot be read`, {
    on: name,
    expected: 'a file',
  })
}

function output(program: string, args: readonly string[], { env, signal }: Io): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { env, signal, maxBuffer: maxRendered, encoding: 'utf8' } as const
    execFile(program, [...args], options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else if (error.code === 'ENOENT') {
        const hint = `install ${program}, or give with -f what it prints elsewhere`
        reject(new UsageError('USAGE', `${program} is not there`, { on: program, hint, cause: error }))
      } else {
        const got = redact(stderr.trim().split('\n').slice(-3).join('; ').slice(0, 500))
        reject(new UsageError('USAGE', `${program} refused`, { on: args.at(-1) ?? '', got, cause: error }))
      }
    })
  })
}
