import {
  fetchTufTarget,
  makeTrustRoot,
  parsePublicKey,
  type DescribedChain,
  type DescribedLog,
  type DescribedTrustRoot,
} from '@assay/core'
import type { OptionGroup, RawOptions } from '../define-command.ts'
import type { Io } from '../io.ts'
import { readNamedFile } from '../read-file.ts'
import { UsageError } from '../usage-error.ts'
import { repeatedFlag, switchFlag } from './flag.ts'
import { flagOf, textsOf } from './raw.ts'
import { readServiceText } from './service-text.ts'
import { tufRepository } from './tuf-repository.ts'

const chainForm = '"url=…,certificate-chain=FILE[,start-time=2026-01-01T00:00:00Z][,end-time=…]"'
const logForm = '"url=…,public-key=FILE,start-time=2026-01-01T00:00:00Z[,end-time=…][,origin=…]"'

/** commander’s name of each `--no-default-…`, which it sets to false, and what is left out then. */
const lists = [
  ['defaultFulcio', 'certificateAuthorities'],
  ['defaultTsa', 'timestampAuthorities'],
  ['defaultRekor', 'tlogs'],
  ['defaultCtfe', 'ctlogs'],
] as const

/** `--fulcio`, `--rekor`, `--ctfe`, `--tsa` and what is taken over: a TrustedRoot document. */
export const describedTrustOptions: OptionGroup<Uint8Array> = {
  flags: () => [
    repeatedFlag('--fulcio <authority>', `a certificate authority, root last: ${chainForm}`),
    repeatedFlag('--rekor <log>', `a transparency log; the origin for Rekor v2: ${logForm}`),
    repeatedFlag('--ctfe <log>', 'a certificate log, described like a transparency log'),
    repeatedFlag('--tsa <authority>', 'a timestamp authority, its own certificate first, root last'),
    switchFlag(
      '--with-default-services',
      'with the authorities of the default Sigstore instance, through TUF',
    ),
    switchFlag('--no-default-fulcio', 'without the certificate authorities of the default instance'),
    switchFlag('--no-default-rekor', 'without its transparency logs'),
    switchFlag('--no-default-ctfe', 'without its certificate logs'),
    switchFlag('--no-default-tsa', 'without its timestamp authorities'),
  ],
  parse: async (raw, io) => {
    const base = await baseOf(raw, io)
    return makeTrustRoot({
      fulcio: await chainsOf(raw, 'fulcio'),
      timestampAuthorities: await chainsOf(raw, 'tsa'),
      rekor: await logsOf(raw, 'rekor'),
      certificateLogs: await logsOf(raw, 'ctfe'),
      ...(base !== undefined && { base }),
    })
  },
}

async function baseOf(raw: RawOptions, io: Io): Promise<DescribedTrustRoot['base']> {
  const keep = lists.flatMap(([name, list]) => (raw[name] === false ? [] : [list]))
  if (!flagOf(raw, 'withDefaultServices')) {
    if (keep.length < lists.length)
      throw new UsageError('USAGE', 'the --no-default-… flags belong to --with-default-services')
    return undefined
  }
  return { document: await fetchTufTarget('trusted_root.json', await tufRepository(io)), keep }
}

async function chainsOf(raw: RawOptions, flag: string): Promise<readonly DescribedChain[]> {
  const known = {
    names: ['url', 'certificate-chain', 'start-time', 'end-time'],
    required: ['url', 'certificate-chain'],
    form: chainForm,
  } as const
  return await Promise.all(
    textsOf(raw, flag).map(async (text) => {
      const { url = '', 'certificate-chain': file = '', ...times } = readServiceText(text, known)
      const chain = Buffer.from(await readNamedFile(file, `--${flag}`)).toString('latin1')
      return { url, chain, ...periodOf(times) }
    }),
  )
}

async function logsOf(raw: RawOptions, flag: string): Promise<readonly DescribedLog[]> {
  const known = {
    names: ['url', 'public-key', 'start-time', 'end-time', 'origin'],
    required: ['url', 'public-key', 'start-time'],
    form: logForm,
  } as const
  return await Promise.all(
    textsOf(raw, flag).map(async (text) => {
      const { url = '', 'public-key': file = '', origin, ...times } = readServiceText(text, known)
      const key = parsePublicKey(await readNamedFile(file, `--${flag}`))
      const { start = '', end } = periodOf(times)
      return {
        url,
        key,
        start,
        ...(end !== undefined && { end }),
        ...(origin !== undefined && { origin }),
      }
    }),
  )
}

function periodOf(times: { readonly 'start-time'?: string; readonly 'end-time'?: string }): {
  readonly start?: string
  readonly end?: string
} {
  const { 'start-time': start, 'end-time': end } = times
  return { ...(start !== undefined && { start }), ...(end !== undefined && { end }) }
}
