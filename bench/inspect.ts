import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Benchmark } from './benchmarks.ts'
import {
  smallFilesImage,
  tooManyFilesImage,
  usrImage,
  usrInTwoLayers,
  type LargeImage,
} from './large-images.ts'
import { pairedRatio, wallTime, type TimedCommand } from './measure.ts'

const cli = process.env['ASSAY_CLI'] ?? resolve(import.meta.dirname, '../packages/cli/bundle/assay.js')
const peers = join(import.meta.dirname, 'peers')
const mega = 1_000_000

/** Inspection of large images, all checks on, as processes of their own. */
export const inspectBenchmarks: readonly Benchmark[] = [
  {
    // Raw bytes for each CPU second, over those of zlib alone in this process.
    name: 'inspect.usr.cpu',
    floor: 0.5,
    better: 'higher',
    measure: async () => cpuRatio(await usrImage()),
  },
  {
    name: 'inspect.usr.wall',
    floor: 1,
    better: 'lower',
    measure: async () => wallRatio(await usrImage()),
  },
  {
    // Peak memory in units of 200 MB.
    name: 'inspect.usr.memory',
    floor: 1,
    better: 'lower',
    measure: async () => measured(await usrImage()).memory / (200 * mega),
  },
  {
    // Wall time of an inspection of what is known, in units of half a second.
    name: 'inspect.usr.again',
    floor: 1,
    better: 'lower',
    measure: async () => againIn(await usrImage()) / 500,
  },
  {
    // Wall time of two layers on two cores, over that on one.
    name: 'inspect.two-layers.wall',
    floor: 0.65,
    better: 'lower',
    measure: async () => {
      const { reference } = await usrInTwoLayers()
      const args = [cli, 'inspect', '--no-cache', '--output', 'json', reference]
      const onCores = (cores: string): TimedCommand => ({
        command: 'taskset',
        args: ['-c', cores, process.execPath, ...args],
      })
      return pairedRatio(onCores('0,1'), onCores('0'), 3)
    },
  },
  {
    name: 'inspect.small.cpu',
    floor: 0.5,
    better: 'higher',
    measure: async () => cpuRatio(await smallFilesImage()),
  },
  {
    // Entries for each second of wall time, in units of 300 000.
    name: 'inspect.small.entries',
    floor: 1,
    better: 'higher',
    measure: async () => {
      const image = await smallFilesImage()
      return image.entries / best(() => measured(image).wall) / 300_000
    },
  },
  {
    name: 'inspect.small.memory',
    floor: 1,
    better: 'lower',
    measure: async () => measured(await smallFilesImage()).memory / (200 * mega),
  },
  {
    name: 'inspect.small.again',
    floor: 1,
    better: 'lower',
    measure: async () => againIn(await smallFilesImage()) / 500,
  },
  {
    // Peak memory until a limit ends five million files, in units of 1.5 GB.
    name: 'inspect.too-many.memory',
    floor: 1,
    better: 'lower',
    measure: async () => measured(await tooManyFilesImage()).memory / (1500 * mega),
  },
]

/** Milliseconds of the whole process, once another one has inspected the same image. */
function againIn({ reference }: LargeImage): number {
  const cache = mkdtempSync(join(tmpdir(), 'assay-bench-cache-'))
  const inspection: TimedCommand = {
    command: process.execPath,
    args: [cli, 'inspect', '--output', 'json', reference],
    env: { XDG_CACHE_HOME: cache, XDG_STATE_HOME: cache },
  }
  try {
    wallTime(inspection)
    return best(() => wallTime(inspection))
  } finally {
    rmSync(cache, { recursive: true, force: true })
  }
}

interface Usage {
  readonly cpu: number
  readonly wall: number
  readonly memory: number
}

function measured({ reference }: LargeImage): Usage {
  const run = node(['measured.mjs', cli, 'inspect', '--no-cache', '--output', 'json', reference])
  const usage: Usage = JSON.parse(run.stderr.slice(run.stderr.lastIndexOf('\n') + 1))
  return usage
}

function cpuRatio(image: LargeImage): number {
  const ceiling = (): number => {
    const { cpu }: { cpu: number } = JSON.parse(node(['inflate-ceiling.mjs', image.layer]).stdout)
    return cpu
  }
  return best(ceiling) / best(() => measured(image).cpu)
}

function wallRatio({ reference, layer }: LargeImage): number {
  const shell = 'gzip -dc "$0" | tar t > /dev/null'
  return pairedRatio(
    { command: process.execPath, args: [cli, 'inspect', '--no-cache', '--output', 'json', reference] },
    { command: 'sh', args: ['-c', shell, layer] },
    3,
  )
}

/** The least of three: what else the machine does can only add. */
function best(measure: () => number): number {
  return Math.min(measure(), measure(), measure())
}

function node([script = '', ...args]: readonly string[]): {
  readonly stdout: string
  readonly stderr: string
} {
  const run = spawnSync(process.execPath, [join(peers, script), ...args], {
    encoding: 'utf8',
    maxBuffer: 256 * mega,
  })
  // 3: a limit was reached, so that the answer is open.
  if (run.status !== 0 && run.status !== 3)
    throw new Error(`${script} exited with ${run.status}: ${run.stderr.slice(-2000)}`)
  return run
}
