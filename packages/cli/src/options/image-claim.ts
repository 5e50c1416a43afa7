import type { WrittenSbomFormat } from '@assay/core'
import type { OptionGroup } from '../define-command.ts'
import { UsageError } from '../usage-error.ts'
import { claimOptions, type ClaimOption } from './claim.ts'
import { switchFlag } from './flag.ts'
import { flagOf, textOf } from './raw.ts'

/** What an attestation about an image says: what a file says, or an SBOM that is made in the same run. */
export type ImageClaimOption =
  | ClaimOption
  | { readonly type: string; readonly generate: WrittenSbomFormat; readonly allowIncomplete: boolean }

const formats: Readonly<Record<string, WrittenSbomFormat>> = {
  cyclonedx: 'cyclonedx-json',
  spdxjson: 'spdx-json',
}

/** `--generate-sbom`, or what `claimOptions` reads. */
export const imageClaimOptions: OptionGroup<ImageClaimOption> = {
  flags: () => [
    ...claimOptions.flags(),
    switchFlag(
      '--generate-sbom',
      'make the SBOM of the image and sign it; needs --type cyclonedx or spdxjson. Of an index, that of every platform',
    ),
    switchFlag('--allow-incomplete', 'with --generate-sbom: sign an SBOM that says what could not be read'),
  ],
  parse: async (raw, io) => {
    const allowIncomplete = flagOf(raw, 'allowIncomplete')
    if (!flagOf(raw, 'generateSbom')) {
      if (allowIncomplete) throw new UsageError('USAGE', '--allow-incomplete belongs to --generate-sbom')
      return claimOptions.parse(raw, io)
    }
    if (textOf(raw, 'predicate') !== undefined || textOf(raw, 'statement') !== undefined)
      throw new UsageError('USAGE', 'give either --generate-sbom, or --predicate or --statement')
    const type = textOf(raw, 'type') ?? ''
    const generate = formats[type]
    if (generate !== undefined) return { type, generate, allowIncomplete }
    throw new UsageError('USAGE', '--generate-sbom makes no predicate of that type', {
      got: type === '' ? 'no --type' : type,
      expected: Object.keys(formats).join(' or '),
    })
  },
}
