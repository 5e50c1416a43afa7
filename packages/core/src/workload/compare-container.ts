import { accountsOf } from '../inspect/accounts.ts'
import type { InspectedImage } from '../inspect/inspected-image.ts'
import { runAsNonRoot } from '../inspect/starts/run-as-non-root.ts'
import { startProblem } from '../inspect/starts/start-problem.ts'
import { platformOf } from '../image/load-images.ts'
import { platformName } from '../image/platform.ts'
import type { ContainerUse, PlacedWords } from '../references/container-use.ts'
import type { ContainerProblem } from './container-problem.ts'
import { readOnlyProblems } from './read-only-root.ts'

/**
 * Compares what a container asks for with what its image holds. The image has to be read whole: of what was not
 * read nobody can say that it is not there.
 */
export function compareContainer(use: ContainerUse, inspected: InspectedImage): readonly ContainerProblem[] {
  const image = asContainer(use, inspected)
  return [...startProblems(use, image), ...userProblems(use, image), ...readOnlyProblems(use, inspected)]
}

/** The image with the container's own working directory, PATH and mounts. */
function asContainer(
  { workingDirectory, searchPath, mounts }: ContainerUse,
  inspected: InspectedImage,
): InspectedImage {
  const { image } = inspected
  const { config } = image
  return {
    ...inspected,
    image: {
      ...image,
      config: {
        ...config,
        workingDirectory: workingDirectory ?? config.workingDirectory,
        env: typeof searchPath === 'string' ? [...config.env, `PATH=${searchPath}`] : config.env,
        volumes: [...config.volumes, ...mounts.map(({ path }) => path)],
      },
    },
  }
}

function startProblems(use: ContainerUse, image: InspectedImage): readonly ContainerProblem[] {
  const main = mainOf(use, image)
  const started = [
    ...(main === undefined ? [] : [{ what: `container ${use.name} starts`, ...main }]),
    ...use.execs.map(({ by, ...words }) => ({ what: `the ${by} of container ${use.name} runs`, ...words })),
  ]
  return started.flatMap(({ what, words, place }): readonly ContainerProblem[] => {
    const [name] = words
    const problem = name === undefined ? 'nothing' : problemOf(name, use, image)
    if (problem === undefined) return []
    const said = name === undefined ? problem : `${JSON.stringify(name)}, ${problem}`
    const on = platformName(platformOf(image.image))
    return [
      {
        code: 'CANNOT_START',
        weight: 'fails',
        message: `${what} ${said} (${on})`,
        place,
        hint: 'name a program that the image has, or use a probe that needs none (httpGet, tcpSocket, grpc)',
      },
    ]
  })
}

/** The first word decides; without `command` it is the image's own business unless `args` is all that there is. */
function mainOf({ command, args, place }: ContainerUse, { image }: InspectedImage): PlacedWords | undefined {
  if (command !== undefined && command.words.length > 0) return command
  const { entrypoint, command: own } = image.config
  if (entrypoint.length > 0) return undefined
  if (args !== undefined && args.words.length > 0) return args
  return own.length > 0 ? undefined : { words: [], place }
}

function problemOf(name: string, { searchPath }: ContainerUse, image: InspectedImage): string | undefined {
  // Variables of the cluster, and a PATH that only it knows: nobody can tell from here.
  if (name.includes('$(') || (searchPath === null && !name.includes('/'))) return undefined
  return startProblem(image, name)
}

function userProblems(
  { runAsNonRoot: wanted, runAsUser, name }: ContainerUse,
  image: InspectedImage,
): readonly ContainerProblem[] {
  if (wanted?.value !== true) return []
  const problem = (message: string, hint: string): ContainerProblem => ({
    code: 'RUNS_AS_ROOT',
    weight: 'fails',
    message: `container ${name} may not run as root, and ${message}`,
    place: wanted.place,
    hint,
  })
  if (runAsUser !== undefined)
    return runAsUser.value === 0
      ? [problem('its runAsUser is 0', 'set runAsUser to the id of another user')]
      : []
  const { allowed, why } = runAsNonRoot(image)
  if (allowed) return []
  const other = accountsOf(image).find(({ uid }) => uid > 0 && uid !== 65534)
  const id = other === undefined ? '' : `, for example ${other.uid} (${JSON.stringify(other.name)})`
  return [problem(`of its image: ${why}`, `set runAsUser to a number${id}, or USER in the image`)]
}
