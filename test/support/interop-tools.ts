import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { hasDockerRegistry, startLogging, type DockerRegistry } from './docker-registry.ts'

const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'assay-interop')

/** A program of a list in `.ci/`, where `.ci/install-interop-tools` has built it. */
export function builtTool(list: 'interop-tools' | 'services-tools', name: string): string | undefined {
  const line = readFileSync(resolve(import.meta.dirname, `../../.ci/${list}.txt`), 'utf8')
    .split('\n')
    .find((text) => text.startsWith(`${name} `))
  return built(`${name}-${line?.split('@')[1]?.trim()}`, name)
}

function built(folder: string, name: string): string | undefined {
  const path = join(cache, folder, name)
  return existsSync(path) ? path : undefined
}

function folderOf(program: string | undefined): string | undefined {
  return program === undefined ? undefined : dirname(program)
}

/** The cosign programs to compare with, by major version. */
export const cosigns: readonly (readonly ['v3' | 'v2', string | undefined])[] = [
  ['v3', builtTool('interop-tools', 'cosign-v3')],
  ['v2', builtTool('interop-tools', 'cosign-v2')],
]

/** The specification's own suite for registries. */
export const distributionConformance: string | undefined = builtTool('interop-tools', 'conformance')

/** The folder of a key plugin that is built with Sigstore's own library. */
export const keyPlugin: string | undefined = folderOf(built('kms-plugin', 'sigstore-kms-example'))

/** A Vault, as `.ci/build-vault` makes it. */
export const vaultProgram: string | undefined = built('vault-v1.21.4', 'vault')

const referrersRegistry = built('referrers-registry', 'referrers-registry')

/** Whether `startReferrersRegistry` can be called. */
export const hasReferrersRegistry: boolean = referrersRegistry !== undefined

/** Whether something to compare with is missing here; where Go is at hand in CI, that is a failure. */
export const lacksInteropTools: boolean =
  cosigns.some(([, program]) => program === undefined) ||
  referrersRegistry === undefined ||
  distributionConformance === undefined ||
  keyPlugin === undefined ||
  !hasDockerRegistry

if (lacksInteropTools && process.env['CI'] === 'true' && spawnSync('go', ['version']).status === 0) {
  throw new Error('the programs to compare with are missing: run .ci/install-interop-tools')
}

/** A registry with the referrers API, in memory, on a free port of the loopback address. */
export async function startReferrersRegistry(): Promise<DockerRegistry> {
  return startLogging(spawn(referrersRegistry ?? '', [], { stdio: ['ignore', 'ignore', 'pipe'] }))
}
