import { baseName, parentPath } from '../image/layer-path.ts'
import type { LayerEntry } from '../image/layer.ts'
import { isPresent, type InspectedImage } from './inspected-image.ts'
import { isDeclared } from './program-names.ts'

/** The files that come with the runtimes which the caller declared. */
export interface RuntimeFiles {
  /** A program of the runtime itself. */
  readonly isRuntime: (entry: LayerEntry) => boolean
  /** A program of a package that its package manager installed, without a digest to compare it with. */
  readonly isOfPackage: (entry: LayerEntry) => boolean
}

/** Looks up where the runtimes lie that were declared: nothing belongs to a runtime that was not. */
export function runtimeFiles(inspected: InspectedImage): RuntimeFiles {
  const { declared } = inspected
  const folders = [...fixedFolders].flatMap(([runtime, form]) => (declared.has(runtime) ? [form] : []))
  const javaHomes = declared.has('java') ? foldersOf(inspected, javaHomeNames) : []
  const nodePackages = new Set(declared.has('node') ? foldersOf(inspected, 'npm') : [])
  return {
    isRuntime: ({ path }) =>
      isDeclared(baseName(path), declared) ||
      folders.some((form) => form.test(path)) ||
      javaHomes.some((home) => path.startsWith(`${home}/`)),
    isOfPackage: ({ path }) => packageFolders(path).some((folder) => nodePackages.has(folder)),
  }
}

/** Programs of a standard library: those of packages lie elsewhere. */
const fixedFolders: ReadonlyMap<string, RegExp> = new Map([
  ['python', /(?:^|\/)lib\/python3\.\d+t?\/(?!site-packages\/|dist-packages\/)/],
  ['dotnet', /(?:^|\/)dotnet\/(?:shared|host)\//],
  ['ruby', /(?:^|\/)lib\/ruby\/\d+\.\d+\.\d+\//],
])

const javaHomeNames: ReadonlySet<string> = new Set(['openjdk', 'oracle-jdk'])

/** The folders of the files that describe a Java runtime or a Node package. */
function foldersOf(inspected: InspectedImage, wanted: 'npm' | ReadonlySet<string>): readonly string[] {
  return inspected.layers.flatMap(({ entries }) =>
    entries
      .filter((entry) => entry.facts?.components !== undefined && isPresent(inspected, entry))
      .filter(({ facts }) =>
        facts?.components?.some(({ ecosystem, name }) =>
          wanted === 'npm' ? ecosystem === 'npm' : ecosystem === 'generic' && wanted.has(name),
        ),
      )
      .map((entry) => parentPath(entry.path))
      .filter((folder) => folder !== ''),
  )
}

/** Every folder of a path that is that of a package in `node_modules`. */
function packageFolders(path: string): readonly string[] {
  const ends = path.matchAll(/(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/g)
  return [...ends].map((match) => path.slice(0, match.index + match[0].length))
}
