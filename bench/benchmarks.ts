import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { corpusImage } from './corpus-image.ts'
import { inspectBenchmarks } from './inspect.ts'
import { pairedRatio } from './measure.ts'

export interface Benchmark {
  readonly name: string
  /** The ratio that must hold. */
  readonly floor: number
  readonly better: 'lower' | 'higher'
  readonly measure: () => number | Promise<number>
}

const cli = process.env['ASSAY_CLI'] ?? resolve(import.meta.dirname, '../packages/cli/bundle/assay.js')

export const benchmarks: readonly Benchmark[] = [
  {
    // The whole process of `assay --version` over that of an empty node.
    name: 'start.version',
    floor: 2,
    better: 'lower',
    measure: () =>
      pairedRatio(
        { command: process.execPath, args: [cli, '--version'] },
        { command: process.execPath, args: ['-e', '0'] },
        31,
      ),
  },
  {
    // A cold `assay verify` of a real image over a bare script that calls @sigstore/verify on the same bundle.
    name: 'verify.cold',
    floor: 1.3,
    better: 'lower',
    measure: verifyCold,
  },
  ...inspectBenchmarks,
]

function verifyCold(): number {
  const corpora = process.env['ASSAY_CORPORA']
  if (corpora === undefined) throw new Error('ASSAY_CORPORA must name the folder of the corpora')
  const image = corpusImage(corpora)
  const folder = mkdtempSync(join(tmpdir(), 'assay-bench-'))
  try {
    const bundle = join(folder, 'bundle.json')
    writeFileSync(bundle, image.bundle)
    const flags = ['--type', 'slsaprovenance', '--trusted-root', image.trustedRoot, '--offline']
    const signer = ['--certificate-identity', image.identity, '--certificate-oidc-issuer', image.issuer]
    return pairedRatio(
      { command: process.execPath, args: [cli, 'verify', image.reference, ...flags, ...signer] },
      {
        command: process.execPath,
        args: [join(import.meta.dirname, 'peers/bare-verify.mjs'), bundle, image.trustedRoot, image.identity],
      },
      21,
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
}
