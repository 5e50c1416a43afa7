import type { ImageConfig } from '../../image/image-config.ts'

/** Something that the config has started, and by which part of it. */
export interface StartedProgram {
  readonly by: 'entrypoint' | 'command' | 'health check'
  /** As the config writes it: a path, or a name that is looked for in PATH. */
  readonly name: string
}

/** What a container and its health check start: the first word of each; a shell where the config wants one. */
export function startedPrograms(config: ImageConfig): readonly StartedProgram[] {
  const { entrypoint, command, healthcheck } = config
  const by = entrypoint.length > 0 ? 'entrypoint' : 'command'
  const [main] = [...entrypoint, ...command]
  const check = checkOf(healthcheck, config.shell)
  return [
    ...(main === undefined ? [] : [{ by, name: main } as const]),
    ...(check === undefined ? [] : [{ by: 'health check', name: check } as const]),
  ]
}

/** Docker's image specification v1.3, "Healthcheck": `NONE`, `CMD` with words, or `CMD-SHELL` with a line. */
function checkOf([kind, first]: readonly string[], shell: readonly string[]): string | undefined {
  if (kind === 'CMD') return first
  return kind === 'CMD-SHELL' ? (shell[0] ?? '/bin/sh') : undefined
}
