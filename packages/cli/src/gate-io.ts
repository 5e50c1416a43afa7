import {
  fetchProgram,
  GateError,
  inspectImage,
  inspectionFact,
  namedTrustRoots,
  rememberedContent,
  remoteTrustRoot,
  type FactsStore,
  type GateIo,
} from '@assay/core'
import { redact, type ContentSource } from '@assay/registry'
import type { Io } from './io.ts'
import type { Policies } from './options/policies.ts'
import type { Places } from './options/registry.ts'
import type { Trust } from './options/trust.ts'

/** What the gate of a run reaches outside for: the places, the trust and the time that the command line names. */
export function gateIo(options: {
  readonly io: Io
  readonly places: Places
  readonly trust: Trust
  readonly policies: Policies
  /** What earlier runs found in layers. */
  readonly facts?: FactsStore
  /** Manifests and attachments that were fetched before. */
  readonly content?: FactsStore
}): GateIo {
  const { io, places, trust, policies, facts, content } = options
  const kept = <Source extends ContentSource>(store: Source): Source =>
    content === undefined ? store : rememberedContent(store, content)
  const remembered = facts === undefined ? {} : { facts }
  return {
    now: io.now,
    openImage: async (reference) => {
      const opened = await places.open(reference)
      return { ...opened, store: kept(opened.store) }
    },
    openStore: async (reference) => kept(await places.openStore(reference)),
    openPlace: async (repository) => kept(await places.openPlace(repository)),
    trustRoot: namedTrustRoots(
      policies.trustRoots,
      () => trust.load(),
      trust.isOffline ? undefined : remoteTrustRoot,
    ),
    keptKey: (reference) => trust.keyOf(reference),
    program: programSource(places, trust),
    inspect: async ({ store, root, name }, call) =>
      inspectionFact(await inspectImage(store, root, { reference: name, call, ...remembered })),
  }
}

/** Programs that policies name by URL, unless `--offline` says that nobody is to be asked for them. */
export function programSource(places: Places, { isOffline }: Trust): NonNullable<GateIo['program']> {
  return async (program) => {
    if (!isOffline)
      return await fetchProgram(program, { ...places.call, transport: await places.publicTransport() })
    throw new GateError('PROGRAM_UNAVAILABLE', 'with --offline no program is fetched', {
      on: redact(program.url),
      hint: 'leave --offline out, or put the program under data',
    })
  }
}
