import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseBundle, parseTrustRoot, verifyBundle } from '@assay/core'
import { parseDigest } from '@assay/registry'
import { bundleFromJSON } from '@sigstore/bundle'
import { TrustedRoot } from '@sigstore/protobuf-specs'
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify'
import type { Benchmark } from './benchmarks.ts'
import { bundledCli } from './bundled-cli.ts'
import { corpusImage, type CorpusImage } from './corpus-image.ts'
import { pairedRatio, wallTime, type TimedCommand } from './measure.ts'

export const verifyBenchmarks: readonly Benchmark[] = [
  {
    // A cold `assay verify` of a real image over a bare script that calls @sigstore/verify on the same bundle.
    name: 'verify.cold',
    floor: 1.3,
    better: 'lower',
    measure: verifyCold,
  },
  {
    // One bundle again and again in one process, from its bytes: ours over @sigstore/verify alone.
    name: 'verify.warm',
    floor: 1.15,
    better: 'lower',
    measure: verifyWarm,
  },
  {
    // 200 images in one process over 200 processes, of which a tenth is run.
    name: 'verify.many',
    floor: 0.5,
    better: 'lower',
    measure: verifyMany,
  },
]

function image(): CorpusImage {
  const corpora = process.env['ASSAY_CORPORA']
  if (corpora === undefined) throw new Error('ASSAY_CORPORA must name the folder of the corpora')
  return corpusImage(corpora)
}

function verifying(images: readonly string[], { trustedRoot, identity, issuer }: CorpusImage): TimedCommand {
  const flags = ['--type', 'slsaprovenance', '--trusted-root', trustedRoot, '--offline']
  const signer = ['--certificate-identity', identity, '--certificate-oidc-issuer', issuer]
  return { command: process.execPath, args: [bundledCli, 'verify', ...images, ...flags, ...signer] }
}

function verifyCold(): number {
  const real = image()
  const folder = mkdtempSync(join(tmpdir(), 'assay-bench-'))
  try {
    const bundle = join(folder, 'bundle.json')
    writeFileSync(bundle, real.bundle)
    const script = join(import.meta.dirname, 'peers/bare-verify.mjs')
    const args = [script, bundle, real.trustedRoot, real.identity]
    return pairedRatio(verifying([real.reference], real), { command: process.execPath, args }, 21)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function verifyMany(): number {
  const real = image()
  const many = Array.from({ length: 200 }, () => real.reference)
  const single = verifying([real.reference], real)
  wallTime(single)
  let apart = 0
  for (let run = 0; run < 20; run += 1) apart += wallTime(single)
  return wallTime(verifying(many, real)) / (apart * 10)
}

async function verifyWarm(): Promise<number> {
  const real = image()
  const document = readFileSync(real.trustedRoot)
  const bytes = Buffer.from(real.bundle)
  const trust = parseTrustRoot(document)
  const subject = parseDigest(real.reference.slice(real.reference.lastIndexOf('@') + 1))
  const ours = async (): Promise<void> => {
    await verifyBundle(parseBundle(bytes), {
      trust,
      subject,
      source: { kind: 'file', format: 'bundle' },
      now: new Date(),
      transparencyLog: 'require',
      sct: 'require',
    })
  }
  const verifier = new Verifier(toTrustMaterial(TrustedRoot.fromJSON(JSON.parse(document.toString()))))
  const theirs = (): void => {
    const bundle = bundleFromJSON(JSON.parse(bytes.toString()))
    verifier.verify(toSignedEntity(bundle), { subjectAlternativeName: real.identity })
  }
  const times: { ours: number[]; theirs: number[] } = { ours: [], theirs: [] }
  for (let run = 0; run < 250; run += 1) {
    const start = performance.now()
    // oxlint-disable-next-line no-await-in-loop -- they are timed one by one
    await ours()
    const middle = performance.now()
    theirs()
    if (run < 50) continue
    times.ours.push(middle - start)
    times.theirs.push(performance.now() - middle)
  }
  return middleOf(times.ours) / middleOf(times.theirs)
}

function middleOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
