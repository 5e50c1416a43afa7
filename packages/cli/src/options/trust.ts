import { embeddedTrustRoot, fetchTrustRoot, parseTrustRoot, type TrustRoot } from '@assay/core'
import type { OptionGroup } from '../define-command.ts'
import type { Io } from '../io.ts'
import { readNamedFile } from '../read-file.ts'
import { switchFlag, valueFlag } from './flag.ts'
import { flagOf, textOf } from './raw.ts'
import { tufRepository } from './tuf-repository.ts'

/** Where trust comes from; loaded only when a check needs it, because it may ask the network. */
export interface Trust {
  /** Whether somebody named a trusted root, and did not leave it to the default. */
  readonly isNamed: boolean
  load(): Promise<TrustRoot>
}

/** `--trusted-root FILE`, `--offline`; without both, the public-good root brought up to date through TUF. */
export const trustOptions: OptionGroup<Trust> = {
  flags: () => [
    valueFlag(
      '--trusted-root <file>',
      'trusted root (JSON) of the Sigstore instance; by default the public one, through TUF',
    ),
    switchFlag(
      '--offline',
      'ask nothing but the image’s own registry; without --trusted-root the embedded root is used',
    ),
  ],
  parse: (raw, io) => {
    const file = textOf(raw, 'trustedRoot')
    if (file !== undefined) {
      return { isNamed: true, load: async () => parseTrustRoot(await readNamedFile(file, '--trusted-root')) }
    }
    return {
      isNamed: false,
      load: () => (flagOf(raw, 'offline') ? embedded(io) : fetchTrustRoot(tufRepository(io))),
    }
  },
}

async function embedded(io: Io): Promise<TrustRoot> {
  const root = await embeddedTrustRoot()
  if (root.origin.kind === 'embedded') {
    const days = Math.floor((io.now.getTime() - root.origin.asOf.getTime()) / 86_400_000)
    await io.writeErr(`note: using the trusted root embedded in this tool, ${days} days old\n`)
  }
  return root
}
