import type { ImageDemand } from '@assay/core'
import type { OptionGroup, RawOptions } from '../define-command.ts'
import type { Io } from '../io.ts'
import { UsageError } from '../usage-error.ts'
import { valueFlag } from './flag.ts'
import { imageDemand } from './image-demand.ts'
import { textOf } from './raw.ts'
import { signerDemandOptions } from './signer-demand.ts'
import { trustOptions } from './trust.ts'
import { strengtheningOptions, weakeningOptions } from './weakening.ts'

/** The image that another is said to be made on, and who must have signed it. */
export interface WantedBase {
  readonly reference: string
  readonly demand: ImageDemand
}

const demandGroups = [signerDemandOptions, trustOptions, strengtheningOptions, weakeningOptions] as const

/** `--base IMAGE` with the flags of `verify` that say who must have signed it. */
export const baseOption: OptionGroup<WantedBase | undefined> = {
  flags: () => [
    valueFlag('--base <image>', 'exit 1 unless the lowest layers are those of this image, signed as below'),
    ...demandGroups.flatMap((group) => group.flags()),
  ],
  parse: async (raw, io) => {
    const reference = textOf(raw, 'base')
    if (reference !== undefined) return { reference, demand: await demandOf(raw, io) }
    const names = demandGroups.flatMap((group) => group.flags())
    const given = names.find((flag) => raw[flag.attributeName()] !== undefined)
    if (given === undefined) return undefined
    throw new UsageError('USAGE', `${given.long ?? ''} says who must have signed a base: it needs --base`)
  },
}

async function demandOf(raw: RawOptions, io: Io): Promise<ImageDemand> {
  const demanded = {
    signer: await signerDemandOptions.parse(raw, io),
    content: { kind: 'signature', annotations: {} },
    strengthened: await strengtheningOptions.parse(raw, io),
    weakened: await weakeningOptions.parse(raw, io),
    trust: await trustOptions.parse(raw, io),
  } as const
  return await imageDemand(demanded, io.now)
}
