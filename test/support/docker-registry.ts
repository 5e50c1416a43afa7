import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { missing } from './missing.ts'

/** A registry of the distribution project, on a free port of the loopback address, with an empty store. */
export interface DockerRegistry {
  /** `127.0.0.1:<port>` */
  readonly host: string
  stop(): Promise<void>
}

/** Whether the program `docker-registry` (Debian's distribution 2.8) is installed. */
export const hasDockerRegistry: boolean = spawnSync('docker-registry', ['--version']).status === 0
if (!hasDockerRegistry) missing('docker-registry', 'install the package docker-registry')

/** Starts it; what it stores is gone when it stops. */
export async function startDockerRegistry(): Promise<DockerRegistry> {
  const directory = await mkdtemp(join(tmpdir(), 'assay-docker-registry-'))
  const config = join(directory, 'config.yml')
  await writeFile(
    config,
    JSON.stringify({
      version: 0.1,
      log: { level: 'info', formatter: 'text' },
      storage: { filesystem: { rootdirectory: join(directory, 'data') }, delete: { enabled: true } },
      http: { addr: '127.0.0.1:0' },
    }),
  )
  const child = spawn('docker-registry', ['serve', config], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { OTEL_TRACES_EXPORTER: 'none' },
  })
  const registry = await startLogging(child)
  return {
    host: registry.host,
    async stop() {
      await registry.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** A registry that is starting: its log will say on which port it listens. */
export async function startLogging(child: ChildProcess): Promise<DockerRegistry> {
  return {
    host: `127.0.0.1:${await portOf(child)}`,
    async stop() {
      if (child.exitCode !== null) return
      const gone = once(child, 'exit')
      child.kill()
      await gone
    },
  }
}

async function portOf(child: ChildProcess): Promise<string> {
  if (child.stderr === null) throw new Error('the registry has no log')
  const said: string[] = []
  for await (const line of createInterface(child.stderr)) {
    said.push(line)
    const port = /listening on 127\.0\.0\.1:([0-9]+)/.exec(line)?.[1]
    if (port !== undefined) {
      child.stderr.resume()
      return port
    }
  }
  throw new Error(`the registry did not start: ${said.join('\n')}`)
}
