import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { Benchmark } from './benchmarks.ts'
import { pairedCpuRatio, pairedRatio, type TimedCommand } from './measure.ts'

const cli = process.env['ASSAY_CLI'] ?? resolve(import.meta.dirname, '../packages/cli/bundle/assay.js')
const root = resolve(import.meta.dirname, '..')
const peers = join(import.meta.dirname, 'peers')
const source = ['-C', '@assay/source']
const megabytes = 400
const many = 4096
const referrers = 200

type Ratio = (ours: TimedCommand, theirs: TimedCommand, runs: number) => number

/** Of a verified read of a 400 MB layer, by the code that ships, over that of a bare download with SHA-256. */
async function pullSpeed(ratio: Ratio): Promise<number> {
  return await withServer(['large-registry.mjs', String(megabytes)], ({ host = '', layer = '', size = '' }) =>
    withFolder((folder) => {
      const rolldown = join(root, 'node_modules/.bin/rolldown')
      const config = join(import.meta.dirname, 'peers.config.ts')
      execFileSync(rolldown, ['-c', config, '-d', folder], { cwd: root, stdio: 'ignore' })
      const ours = [join(folder, 'verified-pull.js'), host, 'bench/app', layer, size]
      const theirs = [join(peers, 'bare-download.mjs'), `http://${host}/v2/bench/app/blobs/${layer}`, layer]
      return 1 / ratio(node(ours), node(theirs), 7)
    }),
  )
}

/** Of `assay copy` of the same image to a layout, over that of `skopeo copy`. */
async function layoutSpeed(ratio: Ratio): Promise<number> {
  return await withServer(['large-registry.mjs', String(megabytes)], async ({ host }) =>
    withFolder((folder) => {
      const [ours, theirs] = [join(folder, 'ours'), join(folder, 'theirs')]
      const image = `${host}/bench/app:1`
      const skopeo = `skopeo --insecure-policy copy -q --src-tls-verify=false docker://${image} oci:${theirs}:1`
      return (
        1 /
        ratio(
          shell(`rm -rf ${ours}; exec ${process.execPath} ${cli} copy --quiet ${image} oci:${ours}:1`),
          shell(`rm -rf ${theirs}; exec ${skopeo}`),
          5,
        )
      )
    }),
  )
}

/** Registries on loopback, each in a process of its own. Lines that end in `.cpu` compare processor time. */
export const registryBenchmarks: readonly Benchmark[] = [
  { name: 'registry.pull', floor: 0.8, better: 'higher', measure: async () => await pullSpeed(pairedRatio) },
  {
    name: 'registry.pull.cpu',
    floor: 0.8,
    better: 'higher',
    measure: async () => await pullSpeed(pairedCpuRatio),
  },
  {
    name: 'registry.copy.skopeo',
    floor: 1,
    better: 'higher',
    measure: async () => await layoutSpeed(pairedRatio),
  },
  {
    name: 'registry.copy.skopeo.cpu',
    floor: 1,
    better: 'higher',
    measure: async () => await layoutSpeed(pairedCpuRatio),
  },
  {
    // Speed of `assay copy` of an image with 200 referrers between registries that take 5 ms for each answer, over that
    // of a copier that does one thing at a time.
    name: 'registry.referrers',
    floor: 2,
    better: 'higher',
    measure: async () =>
      await withServer(['two-registries.ts', String(referrers)], ({ from, to }) => {
        // A new repository for each run: nothing is there already.
        const next = '$(date +%s%N)'
        const ours = shell(
          `exec ${process.execPath} ${cli} copy --quiet ${from}/bench/app:1 ${to}/ours/r${next}:1`,
        )
        const bare = join(peers, 'bare-copy.mjs')
        return 1 / pairedRatio(ours, shell(`exec ${process.execPath} ${bare} ${from} ${to} bare/r${next}`), 7)
      }),
  },
  {
    // Peak memory of `assay copy` of a 4 GB layer, over that of a 400 MB layer.
    name: 'registry.memory.growth',
    floor: 1.2,
    better: 'lower',
    measure: async () => (await peakMemory(many)) / (await peakMemory(megabytes)),
  },
  {
    // Peak memory of `assay copy` of a 4 GB layer, in units of 150 MB.
    name: 'registry.memory',
    floor: 1,
    better: 'lower',
    measure: async () => (await peakMemory(many)) / 150_000_000,
  },
]

function node(args: readonly string[]): TimedCommand {
  return { command: process.execPath, args }
}

function shell(line: string): TimedCommand {
  return { command: 'sh', args: ['-c', line] }
}

/** Bytes of memory that one copy to a repository needs at its peak; the server makes the bytes and throws them away. */
async function peakMemory(layerMegabytes: number): Promise<number> {
  return await withServer(['large-registry.mjs', String(layerMegabytes)], ({ host }) => {
    const copy = [cli, 'copy', '--quiet', `${host}/bench/app:1`, `${host}/sink/app:1`]
    const { stderr, status } = spawnSync(process.execPath, [join(peers, 'measured.mjs'), ...copy])
    if (status !== 0) throw new Error(`the copy failed: ${stderr.toString()}`)
    const { memory }: { memory: number } = JSON.parse(stderr.toString().trim().split('\n').at(-1) ?? '')
    return memory
  })
}

async function withServer(
  [script, ...args]: readonly [string, ...string[]],
  work: (said: Readonly<Record<string, string>>) => number | Promise<number>,
): Promise<number> {
  const server = spawn(process.execPath, [...source, join(peers, script), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    return await work(await firstLine(server))
  } finally {
    server.kill()
    await once(server, 'close')
  }
}

async function firstLine(server: ChildProcess): Promise<Readonly<Record<string, string>>> {
  if (server.stdout === null) throw new Error('the server says nothing')
  const [line]: string[] = await once(createInterface(server.stdout), 'line')
  return JSON.parse(line ?? '')
}

function withFolder(work: (folder: string) => number): number {
  const folder = mkdtempSync(join(tmpdir(), 'assay-bench-'))
  try {
    return work(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
