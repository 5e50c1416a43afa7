import type { ImageSigningOptions } from '@assay/core'
import type { OptionGroup } from '../define-command.ts'
import { UsageError } from '../usage-error.ts'
import { choiceFlag, switchFlag, valueFlag } from './flag.ts'
import { booleanOf, textOf } from './raw.ts'

/** In which form to sign, and where it goes. */
export interface SignaturePlace extends Required<Pick<ImageSigningOptions, 'forms' | 'attach'>> {
  /** The file for the bundle, where one is wanted. */
  readonly bundleFile?: string
}

const forms = { bundle: ['bundle'], legacy: ['legacy'], both: ['bundle', 'legacy'] } as const

/** `--signature-format`, `--bundle`, `--upload` and `--no-upload`. */
export const signaturePlaceOptions: OptionGroup<SignaturePlace> = {
  flags: () => [
    choiceFlag(
      '--signature-format <form>',
      'a Sigstore bundle, cosign’s older .sig and .att tags, or one of each',
      Object.keys(forms),
    ).default('bundle'),
    valueFlag('--bundle <file>', 'write the bundle to this file, too'),
    valueFlag('--upload <true|false>', 'attach what was signed to the image (default: true)'),
    switchFlag('--no-upload', 'attach nothing; for --bundle'),
  ],
  parse: (raw) => {
    const format = textOf(raw, 'signatureFormat')
    const attach = booleanOf(raw, 'upload', '--upload') ?? true
    const bundleFile = textOf(raw, 'bundle')
    const wanted = format === 'legacy' || format === 'both' ? format : 'bundle'
    if (bundleFile !== undefined && wanted === 'legacy')
      throw new UsageError('USAGE', '--bundle needs a signature in the form of a bundle')
    if (!attach && (bundleFile === undefined || wanted !== 'bundle'))
      throw new UsageError('USAGE', 'what is signed would be lost', {
        hint: 'without an upload give --bundle FILE, and no other signature format',
      })
    return { forms: forms[wanted], attach, ...(bundleFile !== undefined && { bundleFile }) }
  },
}
