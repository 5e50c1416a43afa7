import {
  openArchive,
  openDaemon,
  openLayout,
  openRepository,
  parseReference,
  type Call,
  type ContentSource,
  type Credential,
  type Reference,
  type RegistryReference,
  type Transport,
} from '@assay/registry'
import {
  openImage,
  openImageStore,
  openTarget,
  parseMirror,
  type Connection,
  type Mirror,
  type OpenedImage,
  type OpenedTarget,
} from '@assay/core'
import type { OptionGroup, RawOptions } from '../define-command.ts'
import type { Io } from '../io.ts'
import { passwordFromStdin } from '../password.ts'
import { UsageError } from '../usage-error.ts'
import { connectionFlags, connectionOf, type ConnectionChoice } from './registry-connection.ts'
import { repeatedFlag, switchFlag, valueFlag } from './flag.ts'
import { flagOf, textOf, textsOf } from './raw.ts'

/** How the run reaches images. */
export interface Places {
  /** Finds the image that a reference names. */
  open(reference: string | Reference): Promise<OpenedImage>
  /** Opens the place that a reference names for writing; a layout is made if there is none. */
  openTarget(reference: string | Reference): Promise<OpenedTarget>
  /** A repository, for what is kept apart from its image. */
  openPlace(repository: string): Promise<ContentSource>
  /** Where `open` looks, with nothing asked yet. */
  openStore(reference: string): Promise<ContentSource>
  /** For what is public, and known by its digest. */
  publicTransport(): Promise<Transport>
  /** Ends with the run: a signal from outside, or `--timeout`. */
  readonly call: Call
}

/** Credentials, http and time limits for registries. */
export const registryOptions: OptionGroup<Places> = {
  flags: () => [
    valueFlag('--registry-username <name>', 'user name for the registry; needs --registry-password-stdin'),
    switchFlag('--registry-password-stdin', 'read the registry password from stdin'),
    repeatedFlag(
      '--mirror <from=to>',
      'read images of FROM at TO, like docker.io=mirror.example/hub; names stay',
    ),
    valueFlag(
      '--signature-repository <repo>',
      'where signatures and attestations are kept, if not beside the image (default: $COSIGN_REPOSITORY)',
    ),
    ...connectionFlags(),
  ],
  parse: async (raw, io) => {
    const credential = await credentialOf(raw, io)
    const choice = await connectionOf(raw, io)
    const { call } = choice
    const connect = connector(choice, credential)
    const attachments = signatureRepositoryOf(raw, io)
    const options = {
      connect,
      environment: io.env,
      mirrors: await mirrorsOf(raw),
      ...(attachments !== undefined && { attachments }),
    }
    return {
      open: (reference) => openImage(reference, options, call),
      openStore: (reference) => openImageStore(reference, options),
      openTarget: (reference) => openTarget(reference, { connect, environment: io.env }),
      openPlace: async (repository) => {
        const reference = parseReference(repository)
        if (reference.kind === 'layout') return openLayout(reference.path)
        if (reference.kind === 'archive') return openArchive(reference)
        if (reference.kind === 'daemon') return openDaemon({ name: reference.name, environment: io.env })
        return openRepository(reference, await connect(reference))
      },
      publicTransport: async () => (await import('./connect.ts')).publicTransport(choice),
      call,
    }
  },
}

/** Those of the command line, else those of a GateConfig among the policies. */
async function mirrorsOf(raw: RawOptions): Promise<readonly Mirror[]> {
  const given = textsOf(raw, 'mirror')
  if (given.length > 0 || textsOf(raw, 'policy').length === 0) return given.map(parseMirror)
  const { configOf } = await import('./policies.ts')
  return (await configOf(raw)).mirrors ?? []
}

function signatureRepositoryOf(raw: RawOptions, io: Io): RegistryReference | undefined {
  const text = textOf(raw, 'signatureRepository') ?? io.env['COSIGN_REPOSITORY'] ?? ''
  if (text === '') return undefined
  const reference = parseReference(text)
  const isBare = !/[:@][^/]*$/.test(text.slice(text.indexOf('/') + 1))
  if (reference.kind === 'registry' && isBare) return reference
  throw new UsageError('USAGE', 'the signature repository is not a repository', {
    expected: 'host/repository, without a tag',
    got: text,
  })
}

/** One connection a host, so that connections and tokens serve all images of a run. */
function connector(
  choice: ConnectionChoice,
  credential: Credential | undefined,
): (reference: RegistryReference) => Promise<Connection> {
  const connections = new Map<string, Connection>()
  const named = new Set<string>()
  return async ({ host }) => {
    // Before anything is waited for: images of several registries may be opened at a time.
    named.add(host)
    // One password is for one registry: another would only have to ask for it to get it.
    if (credential !== undefined && named.size > 1) {
      throw new UsageError('USAGE', '--registry-username is for one registry, and the run names several', {
        got: [...named].join(', '),
        hint: 'use assay login for each of them',
      })
    }
    const { connect, keychainOf } = await import('./connect.ts')
    const connection = connections.get(host) ?? connect(host, choice, keychainOf(host, choice, credential))
    connections.set(host, connection)
    return connection
  }
}

async function credentialOf(raw: RawOptions, io: Io): Promise<Credential | undefined> {
  const username = textOf(raw, 'registryUsername')
  if (!flagOf(raw, 'registryPasswordStdin')) {
    if (username === undefined) return undefined
    throw new UsageError('USAGE', '--registry-username needs --registry-password-stdin', {
      hint: 'a password on the command line would be seen by every user of the machine',
    })
  }
  if (username === undefined)
    throw new UsageError('USAGE', '--registry-password-stdin needs --registry-username')
  return { kind: 'basic', username, password: await passwordFromStdin(io) }
}
