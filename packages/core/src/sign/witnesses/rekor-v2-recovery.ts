import { setTimeout } from 'node:timers/promises'
import type { Call } from '@assay/registry'
import type { LogEntry } from '../../bundle/signed-bundle.ts'
import type { TrustRoot } from '../../trust/trust-root.ts'
import { isSignedByLog, parseCheckpoint, type Checkpoint } from '../../verify/checkpoint.ts'
import { callService, misbehaved, type Service, type ServiceAccess } from '../services/service-call.ts'
import { SigningError } from '../signing-error.ts'
import { tileEntry, tilePath, tileProof, type ReadTile } from './tile-log.ts'

/** What recovering an entry takes: the log, where it says that the entry is, and whose log it is. */
export interface Recovery {
  readonly access: ServiceAccess
  readonly url: string
  /** The header `x-log-index` of the answer that refused the entry. */
  readonly index: string | undefined
  readonly trust: () => Promise<TrustRoot>
}

const attempts = 5
const pause = 1000

/**
 * The log holds this very entry already, and does not hand it out again: it says at which index, and the entry and its
 * proof are made of the tiles that the log publishes (C2SP tlog-tiles, under `/api/v2`). Whether the entry is about
 * what was signed, and the proof holds, is checked like everything that a log gives.
 * @throws SigningError SERVICE_REFUSED where the log publishes nothing at its own address, SERVICE_MISBEHAVED
 */
export async function recoverEntry(recovery: Recovery, call?: Call): Promise<LogEntry> {
  const service: Service = { name: 'Rekor', url: recovery.url }
  const index = /^(?:0|[1-9]\d{0,17})$/.test(recovery.index ?? '') ? BigInt(recovery.index ?? '') : undefined
  if (index === undefined) throw alreadyThere(service, 'the answer does not say where')
  const note = await currentCheckpoint(service, { ...recovery, at: index }, call)
  const { checkpoint } = note
  const log = (await recovery.trust()).transparencyLogs.find((each) => isSignedByLog(checkpoint, each))
  if (log === undefined) throw misbehaved(service, 'a checkpoint that no trusted log signed')
  const tiles = new Map<string, Promise<Uint8Array>>()
  const read: ReadTile = (tile) => {
    const path = tilePath(tile)
    const known = tiles.get(path) ?? publicFile(service, { ...recovery, path }, call)
    tiles.set(path, known)
    return known
  }
  const at = { index, treeSize: checkpoint.treeSize }
  const [body, hashes] = [await tileEntry(read, at), await tileProof(read, at)]
  if (body === undefined || hashes === undefined) throw misbehaved(service, 'tiles that are cut short')
  return {
    logIndex: index,
    logId: log.logId,
    kind: 'hashedrekord',
    version: '0.0.2',
    integratedTime: 0n,
    proof: {
      logIndex: index,
      treeSize: checkpoint.treeSize,
      rootHash: checkpoint.rootHash,
      hashes,
      checkpoint: note.text,
    },
    body,
  }
}

/** The newest checkpoint, once it covers the entry: an entry is known a little before it is integrated. */
async function currentCheckpoint(
  service: Service,
  log: Recovery & { readonly at: bigint },
  call: Call | undefined,
): Promise<{ readonly text: string; readonly checkpoint: Checkpoint }> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    // oxlint-disable-next-line no-await-in-loop -- one question after the other
    if (attempt > 0) await setTimeout(pause, undefined, { signal: call?.signal })
    // oxlint-disable-next-line no-await-in-loop -- see above
    const text = Buffer.from(await publicFile(service, { ...log, path: 'checkpoint' }, call)).toString('utf8')
    const checkpoint = parseCheckpoint(text)
    if (checkpoint === undefined) throw misbehaved(service, 'something that is no checkpoint')
    if (checkpoint.treeSize > log.at) return { text, checkpoint }
  }
  throw misbehaved(service, 'checkpoints that do not cover the entry that it holds')
}

async function publicFile(
  service: Service,
  { access, path }: Recovery & { readonly path: string },
  call: Call | undefined,
): Promise<Uint8Array> {
  const request = {
    service,
    method: 'GET',
    path: `/api/v2/${path}`,
    headers: {},
    accept: [200, 404, 405, 501],
  } as const
  const { status, body } = await callService(access, request, call)
  if (status === 200) return body
  throw alreadyThere(service, `status ${status} for ${path}`)
}

function alreadyThere(service: Service, got: string): SigningError {
  return new SigningError(
    'SERVICE_REFUSED',
    'Rekor holds this very signature already, and does not show it',
    {
      on: service.url,
      got,
      hint: 'RSA and Ed25519 keys sign the same text alike each time: use the bundle of the first time, or an ECDSA key',
    },
  )
}
