import { createHash } from 'node:crypto'
import type { Digest } from '@assay/registry'
import type { Decision } from '../../policy/decision.ts'
import type { PolicySet } from '../../policy/evaluate.ts'
import { appliesTo } from '../../policy/match.ts'
import type { Policy } from '../../policy/policy.ts'
import { decisionLife } from '../../policy/decision-life.ts'
import type { ImageNames } from '../../policy/image-names.ts'
import { policySetHash } from '../../policy/policy-hash.ts'
import { isBare, viewsOf, type View } from '../../policy/view.ts'
import { trustRootEnd, trustRootHash } from '../../trust/trust-root-hash.ts'
import type { TrustRoot } from '../../trust/trust-root.ts'
import type { ImageRequest } from '../facts.ts'
import type { GateIo } from '../gate-io.ts'
import { programFacts } from '../program-facts.ts'

/** Where decisions are kept for a while. It may forget any of them at any time, and never throws. */
export interface DecisionMemory {
  readonly recall: (key: string, now: Date) => Promise<Decision | undefined>
  readonly keep: (key: string, decision: Decision, life: DecisionLife) => Promise<void>
}

export interface DecisionLife {
  readonly made: Date
  /** Milliseconds since the epoch. */
  readonly until: number
}

/** What one run remembers with. */
export interface Remembering {
  readonly recall: (request: ImageRequest, names: ImageNames) => Promise<Decision | undefined>
  readonly keep: (request: ImageRequest, names: ImageNames, decision: Decision) => Promise<void>
}

const cachedHashes = new WeakMap<PolicySet, string>()

/**
 * Remembers decisions by the image's digest, all that the policies say, all that they trust, and the names and the
 * object that policies look at: never by a tag alone (gates.md §4.3).
 */
export function remembering(memory: DecisionMemory, set: PolicySet, io: GateIo): Remembering {
  const roots = rootsByName(io)
  return {
    recall: async (request, names) => {
      const asked = await keyFor(request, names, { set, roots, io })
      return asked === undefined ? undefined : await memory.recall(asked.key, io.now)
    },
    keep: async (request, names, decision) => {
      const until = decisionLife(decision, set.policies, io.now)
      const asked = until === undefined ? undefined : await keyFor(request, names, { set, roots, io })
      if (until === undefined || asked === undefined) return
      const end = Math.min(
        until,
        ...asked.trusted.flatMap((root) => trustRootEnd(root, io.now)?.getTime() ?? []),
      )
      await memory.keep(asked.key, decision, { made: io.now, until: end })
    },
  }
}

interface Asked {
  readonly key: string
  readonly trusted: readonly TrustRoot[]
}

type Roots = (
  name: string | undefined,
) => Promise<{ readonly root: TrustRoot; readonly hash: string } | undefined>

/** A root that cannot be had is no reason to stop here: without it nothing is remembered. */
function rootsByName(io: GateIo): Roots {
  const known = new Map<string | undefined, ReturnType<Roots>>()
  return (name) => {
    const asked =
      known.get(name) ??
      io.trustRoot(name).then(
        (root) => ({ root, hash: trustRootHash(root) }),
        () => undefined,
      )
    known.set(name, asked)
    return asked
  }
}

async function keyFor(
  { object, namespace, partOf }: ImageRequest,
  names: ImageNames,
  { set, roots, io }: { readonly set: PolicySet; readonly roots: Roots; readonly io: GateIo },
): Promise<Asked | undefined> {
  const digest = digestIn(names)
  // An index under `platforms: all` is decided about with all its images.
  if (digest === undefined || (set.platforms === 'all' && partOf === undefined)) return undefined
  const about = {
    names,
    ...(object === undefined ? {} : { object }),
    ...(namespace === undefined ? {} : { namespace }),
  }
  const applying = set.policies.filter((policy) => appliesTo(policy, about))
  const views = viewsOf(applying)
  if (views.some(hasKeptKey) || (await lacksProgram(applying, io))) return undefined
  const wanted = [...new Set(views.filter((view) => !isBare(view)).map(({ trustRootRef }) => trustRootRef))]
  const trusted = await Promise.all(wanted.map(roots))
  const found = trusted.filter((root) => root !== undefined)
  if (found.length < trusted.length) return undefined
  const policies = cachedHashes.get(set) ?? policySetHash(set)
  cachedHashes.set(set, policies)
  const text = JSON.stringify([
    digest,
    names.all,
    policies,
    found.map(({ hash }) => hash),
    object ?? null,
    namespace ?? null,
  ])
  return { key: createHash('sha256').update(text).digest('hex'), trusted: found.map(({ root }) => root) }
}

/** Without one of its programs a policy cannot be met, whatever was decided when it could be had. */
async function lacksProgram(policies: readonly Policy[], io: GateIo): Promise<boolean> {
  const { programs = new Map<string, never>() } = await programFacts(policies, io.program)
  return [...programs.values()].some(({ status }) => status === 'unknown')
}

/** What a key is that is kept elsewhere, its name does not say. */
function hasKeptKey({ signer }: View): boolean {
  return signer.kind === 'key' && signer.key.kind !== 'data'
}

function digestIn({ place, all }: ImageNames): Digest | undefined {
  const name = all.find((each) => each.startsWith(`${place}@`))
  const [, digest] = /@((?:sha256|sha512):[0-9a-f]+)$/.exec(name ?? '') ?? []
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `imageNames` made this name of a Digest
  return digest as Digest | undefined
}
