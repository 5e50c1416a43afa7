import {
  embeddedTrustRoot,
  embeddedTrustRootDocument,
  emptyTrustRoot,
  fetchTrustRoot,
  fetchTrustRootDocument,
  parseTrustRoot,
  withOwnAuthorities,
  type OwnAuthorities,
  type TrustRoot,
  type TrustedKey,
} from '@assay/core'
import type { OptionGroup, RawOptions } from '../define-command.ts'
import type { Io } from '../io.ts'
import { readNamedFile } from '../read-file.ts'
import { UsageError } from '../usage-error.ts'
import { switchFlag, valueFlag } from './flag.ts'
import { keyOf } from './named-keys.ts'
import { flagOf, textOf } from './raw.ts'
import { tufRepository } from './tuf-repository.ts'

/** Where trust comes from; loaded only when a check needs it, because it may ask the network. */
export interface Trust {
  /** Whether somebody named a trusted root, and did not leave it to the default. */
  readonly isNamed: boolean
  /** Nothing but the image's own registry may be asked. */
  readonly isOffline: boolean
  load(): Promise<TrustRoot>
  /**
   * The bytes of the trusted root's document, to keep.
   * @throws UsageError USAGE where authorities of one's own take the place of those in it
   */
  document(): Promise<Uint8Array>
  /** The public half of a key that a policy names (`key.kms`). */
  keyOf(reference: string): Promise<TrustedKey>
}

/**
 * `--trusted-root FILE`, `--offline`; without both, the public-good root brought up to date through TUF. Authorities of
 * one's own, in PEM files, take the place of those in it.
 */
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
    valueFlag(
      '--ca-roots <file>',
      'root certificates (PEM) of certificate authorities of your own, instead of those of the trusted root',
    ),
    valueFlag('--ca-intermediates <file>', 'the certificates (PEM) between those roots and the signers’'),
    valueFlag(
      '--timestamp-certificate-chain <file>',
      'a timestamp authority of your own (PEM: its certificate first, its root last), instead of the others',
    ),
  ],
  parse: (raw, io) => {
    const own = ownFilesOf(raw)
    const isOwn = Object.keys(own).length > 0
    return {
      isOffline: flagOf(raw, 'offline'),
      isNamed: isOwn || textOf(raw, 'trustedRoot') !== undefined,
      load: async () => {
        const root = needsNoRoot(raw) ? emptyTrustRoot : await baseRoot(raw, io)
        return isOwn ? withOwnAuthorities(root, await readOwn(own)) : root
      },
      document: async () => {
        if (!isOwn) return await baseDocument(raw, io)
        throw new UsageError('USAGE', 'authorities in PEM files are no document that can be kept', {
          hint: 'make one with assay trusted-root create, and name it with --trusted-root',
        })
      },
      keyOf: (reference) => keyOf(reference, raw, io),
    }
  },
}

async function baseDocument(raw: RawOptions, io: Io): Promise<Uint8Array> {
  const file = textOf(raw, 'trustedRoot')
  if (file !== undefined) return await readNamedFile(file, '--trusted-root')
  return flagOf(raw, 'offline')
    ? await embeddedTrustRootDocument()
    : await fetchTrustRootDocument(await tufRepository(io))
}

async function baseRoot(raw: RawOptions, io: Io): Promise<TrustRoot> {
  const file = textOf(raw, 'trustedRoot')
  if (file !== undefined) return parseTrustRoot(await readNamedFile(file, '--trusted-root'))
  return flagOf(raw, 'offline') ? await embedded(io) : await fetchTrustRoot(await tufRepository(io))
}

/** Where certificates and times are vouched for by own authorities and no log is asked, nobody else has a say. */
function needsNoRoot(raw: RawOptions): boolean {
  const isComplete = ['caRoots', 'timestampCertificateChain'].every((name) => textOf(raw, name) !== undefined)
  const isUnlogged = flagOf(raw, 'insecureIgnoreTlog') && flagOf(raw, 'insecureIgnoreSct')
  return isComplete && isUnlogged && textOf(raw, 'trustedRoot') === undefined
}

/** The flags of own authorities: what they are called, and what they hold. */
const ownFlags = [
  ['--ca-roots', 'caRoots', 'roots'],
  ['--ca-intermediates', 'caIntermediates', 'intermediates'],
  ['--timestamp-certificate-chain', 'timestampCertificateChain', 'timestampChain'],
] as const

type OwnFiles = Partial<Record<keyof OwnAuthorities, { readonly flag: string; readonly path: string }>>

function ownFilesOf(raw: RawOptions): OwnFiles {
  return Object.fromEntries(
    ownFlags.flatMap(([flag, option, holds]) => {
      const path = textOf(raw, option)
      return path === undefined ? [] : [[holds, { flag, path }]]
    }),
  )
}

async function readOwn(files: OwnFiles): Promise<OwnAuthorities> {
  const read = Object.entries(files).map(async ([holds, { flag, path }]) => [
    holds,
    await readNamedFile(path, flag, 1024 * 1024),
  ])
  return Object.fromEntries(await Promise.all(read))
}

async function embedded(io: Io): Promise<TrustRoot> {
  const root = await embeddedTrustRoot()
  if (root.origin.kind === 'embedded') {
    const days = Math.floor((io.now.getTime() - root.origin.asOf.getTime()) / 86_400_000)
    await io.writeErr(`note: using the trusted root embedded in this tool, ${days} days old\n`)
  }
  return root
}
