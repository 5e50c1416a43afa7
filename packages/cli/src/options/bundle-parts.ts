import { keyForms, maxBundleSize, readBundleParts, type BundleParts } from '@assay/core'
import type { OptionGroup, RawOptions } from '../define-command.ts'
import { readNamedFile } from '../read-file.ts'
import { UsageError } from '../usage-error.ts'
import { switchFlag, valueFlag } from './flag.ts'
import { flagOf, textOf } from './raw.ts'
import { keysOf } from './named-keys.ts'

/** The parts of a signature, and whether its log entry is looked for. */
export interface PartsOption {
  readonly parts: BundleParts
  readonly artifact?: Uint8Array
  readonly logged: boolean
}

const maxArtifact = 1024 * 1024 * 1024

/** cosign's flags for the files that it wrote. */
export const bundlePartsOptions: OptionGroup<PartsOption> = {
  flags: () => [
    valueFlag('--artifact <file>', 'what was signed, or what the attestation is about'),
    valueFlag('--signature <file>', 'the signature, in base64'),
    valueFlag('--attestation <file>', 'a DSSE envelope, in JSON'),
    valueFlag('--bundle <file>', 'a bundle of cosign v1 or v2'),
    valueFlag('--certificate <file>', 'the certificate that signed, in PEM or base64 of it'),
    valueFlag('--key <key>', `the public key that signed: https://, ${keyForms}`),
    valueFlag('--rfc3161-timestamp <file>', 'a timestamp: DER, or as cosign writes it'),
    switchFlag('--ignore-tlog', 'the signature was never logged: make a bundle without a log entry'),
  ],
  parse: async (raw, io) => {
    checkCombination(raw)
    const file = (name: string): Promise<Uint8Array | undefined> => fileOf(raw, name, maxBundleSize)
    const key = textOf(raw, 'key')
    const [publicKey] = key === undefined ? [] : await keysOf([key], raw, io)
    const parts = readBundleParts({
      signature: await file('signature'),
      attestation: await file('attestation'),
      bundle: await file('bundle'),
      certificate: await file('certificate'),
      timestamp: await file('rfc3161Timestamp'),
      key: publicKey,
    })
    const logged = !flagOf(raw, 'ignoreTlog')
    if (!logged && parts.logEntry !== undefined)
      throw new UsageError('USAGE', '--ignore-tlog would drop the log entry of the bundle')
    const artifact = await fileOf(raw, 'artifact', maxArtifact)
    return { parts, logged, ...(artifact !== undefined && { artifact }) }
  },
}

/** @throws UsageError */
function checkCombination(raw: RawOptions): void {
  const [signed, ...others] = ['signature', 'attestation', 'bundle'].filter(
    (name) => textOf(raw, name) !== undefined,
  )
  if (signed === undefined || others.length > 0)
    throw new UsageError('USAGE', 'give exactly one of --signature, --attestation and --bundle')
  if (textOf(raw, 'certificate') !== undefined && (textOf(raw, 'key') !== undefined || signed === 'bundle'))
    throw new UsageError('USAGE', '--certificate excludes --key and --bundle')
  if (textOf(raw, 'artifact') === undefined && signed !== 'attestation')
    throw new UsageError('USAGE', '--artifact is missing', { hint: 'name the file that was signed' })
}

async function fileOf(raw: RawOptions, name: string, limit: number): Promise<Uint8Array | undefined> {
  const path = textOf(raw, name)
  const flag = `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
  return path === undefined ? undefined : await readNamedFile(path, flag, limit)
}
