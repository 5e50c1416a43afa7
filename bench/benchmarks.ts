import { bundledCli } from './bundled-cli.ts'
import { gateBenchmarks } from './gate.ts'
import { gateLoadBenchmarks } from './gate-load.ts'
import { inspectBenchmarks } from './inspect.ts'
import { pairedRatio } from './measure.ts'
import { registryBenchmarks } from './registry.ts'
import { verifyBenchmarks } from './verify.ts'

export interface Benchmark {
  readonly name: string
  /** The ratio, or the number in the unit that the benchmark names, that must hold. */
  readonly floor: number
  readonly better: 'lower' | 'higher'
  readonly measure: () => number | Promise<number>
}

export const benchmarks: readonly Benchmark[] = [
  {
    // The whole process of `assay --version` over that of an empty node.
    name: 'start.version',
    floor: 2,
    better: 'lower',
    measure: () =>
      pairedRatio(
        { command: process.execPath, args: [bundledCli, '--version'] },
        { command: process.execPath, args: ['-e', '0'] },
        31,
      ),
  },
  ...verifyBenchmarks,
  ...gateBenchmarks,
  ...gateLoadBenchmarks,
  ...inspectBenchmarks,
  ...registryBenchmarks,
]
