import { parseMirror, RegistryError, type Mirror } from '@assay/registry'
import { yesLife } from '../decision-life.ts'
import { describeDuration } from '../duration.ts'
import type { BreakGlassRule, CacheRule, GateConfig } from '../gate-config.ts'
import { readDuration } from './parse-attestation.ts'
import {
  complain,
  complainMissing,
  complainValue,
  readEntries,
  readFields,
  readFlag,
  readList,
  readText,
  readWord,
} from './slot.ts'
import type { Fields, Slot } from './slot.ts'
import type { PolicyContext } from './context.ts'

const fieldNames = [
  'noMatch',
  'platforms',
  'onError',
  'breakGlass',
  'deadline',
  'semantics',
  'resources',
  'mirrors',
  'cache',
]
/** What only an admission webhook could do. */
const ofClusters = ['mutate', 'credentials']

/** Reads the `spec` of a GateConfig of our own (gates.md §8.1). */
export function parseGateConfig(slot: Slot): GateConfig | undefined {
  const fields = readFields(slot, [...fieldNames, ...ofClusters])
  if (fields === undefined) {
    complain(slot, { code: 'MISSING_FIELD', message: 'missing field(s): spec' })
    return undefined
  }
  for (const name of ofClusters) if (fields.has(name)) complainOfCluster(fields.get(name), name)
  const mirrors = readList(fields.get('mirrors')).flatMap(parseMirrorRule)
  const cache = parseCache(fields.get('cache'))
  const noMatch = readWord(fields.get('noMatch'), ['deny', 'warn', 'allow'])
  const platforms = readWord(fields.get('platforms'), ['index', 'all'])
  const onError = readWord(fields.get('onError'), ['deny', 'allow'])
  const semantics = readWord(fields.get('semantics'), ['compat', 'strict'])
  const deadline = readDuration(fields.get('deadline'))
  const breakGlass = parseBreakGlass(fields.get('breakGlass'))
  return {
    resources: readList(fields.get('resources')).flatMap(parseResource),
    ...(noMatch === undefined ? {} : { noMatch }),
    ...(platforms === undefined ? {} : { platforms }),
    ...(onError === undefined ? {} : { onError }),
    ...(semantics === undefined ? {} : { semantics }),
    ...(deadline === undefined ? {} : { deadline }),
    ...(breakGlass === undefined ? {} : { breakGlass }),
    ...(mirrors.length === 0 ? {} : { mirrors }),
    ...(cache === undefined ? {} : { cache }),
  }
}

function complainOfCluster(slot: Slot, name: string): void {
  complain(slot, {
    code: 'UNKNOWN_FIELD',
    message: `unknown field(s): ${slot.path}`,
    hint:
      name === 'mutate'
        ? 'only an admission webhook changes objects; a build gate writes digests into files with --pin'
        : 'only an admission webhook gets them here; a build gate has those of docker, podman and assay login',
  })
}

function parseMirrorRule(slot: Slot): readonly Mirror[] {
  const fields = readFields(slot, ['from', 'to'])
  if (fields === undefined) return []
  const from = readText(fields.get('from'))
  const to = readText(fields.get('to'))
  for (const name of ['from', 'to']) if (!fields.has(name)) complainMissing(fields, [name])
  if (from === undefined || to === undefined) return []
  try {
    return [parseMirror(`${from}=${to}`)]
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error
    complainValue(slot, `${from}=${to}`, {
      expected: 'a registry host each, or a host with the beginning of repository names',
    })
    return []
  }
}

function parseCache(slot: Slot): CacheRule | undefined {
  const fields = readFields(slot, ['enabled', 'directory', 'maxAge'])
  if (fields === undefined) return undefined
  const enabled = readFlag(fields.get('enabled')) ?? true
  const directory = readText(fields.get('directory'))
  const maxAge = readDuration(fields.get('maxAge'))
  if (directory !== undefined && !directory.startsWith('/'))
    complainValue(fields.get('directory'), directory, { expected: 'an absolute path' })
  if (maxAge !== undefined && maxAge > yesLife)
    complainValue(fields.get('maxAge'), describeDuration(maxAge), {
      expected: `at most ${describeDuration(yesLife)}: it can only be shortened`,
    })
  return {
    enabled,
    ...(directory === undefined ? {} : { directory }),
    ...(maxAge === undefined ? {} : { maxAge }),
  }
}

function parseBreakGlass(slot: Slot): BreakGlassRule | undefined {
  const fields = readFields(slot, ['annotation', 'allowedUsers'])
  if (fields === undefined) return undefined
  const annotation = readText(fields.get('annotation'))
  const allowedUsers = readList(fields.get('allowedUsers')).flatMap((item) => readText(item) ?? [])
  if (allowedUsers.length === 0) complainMissing(fields, ['allowedUsers'], 'say who may: exact names')
  if (
    annotation !== undefined &&
    !/^(?:[a-z0-9.-]{1,253}\/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/.test(annotation)
  )
    complainValue(fields.get('annotation'), annotation, { expected: 'the key of an annotation' })
  return { allowedUsers, ...(annotation === undefined ? {} : { annotation }) }
}

/** `{kind: App, group: example.com, imagePaths: ["spec.parts[*].image"]}`. */
function parseResource(slot: Slot): readonly string[] {
  const fields = readFields(slot, ['kind', 'group', 'imagePaths'])
  if (fields === undefined) return []
  const kind = readText(fields.get('kind'))
  const group = readText(fields.get('group'))
  const paths = readList(fields.get('imagePaths'))
  if (kind === undefined) complainMissing(fields, ['kind'])
  if (paths.length === 0) complainMissing(fields, ['imagePaths'])
  return paths.flatMap((item) => readPath(item, [kind, group]))
}

function readPath(
  slot: Slot,
  [kind, group]: readonly [string | undefined, string | undefined],
): readonly string[] {
  const text = readText(slot)
  if (text === undefined || kind === undefined) return []
  const path = `${kind}${group === undefined ? '' : `.${group}`}=${text}`
  if (resourcePath.test(path)) return [path]
  complainValue(slot, text, { expected: 'a path like spec.image or spec.parts[*].image, of a kind like App' })
  return []
}

const resourcePath =
  /^[A-Z][A-Za-z0-9]{0,62}(?:\.[a-z0-9.-]{1,253})?=[A-Za-z_][\w-]*(?:\[\*\])*(?:\.[A-Za-z_][\w-]*(?:\[\*\])*)*$/

/** The name under which policy-controller keeps its settings. */
export const clusterConfigName = 'config-policy-controller'

/** Reads the ConfigMap of policy-controller as it does: words that it does not know mean deny. */
export function parseClusterConfig(fields: Fields, warn: PolicyContext['warn']): GateConfig {
  let config: GateConfig = { resources: [], noMatch: 'deny', failOnEmptyAuthorities: true }
  for (const [name, slot] of readEntries(fields.get('data'))) {
    const text = readText(slot) ?? ''
    if (name === 'no-match-policy') {
      const noMatch = (['deny', 'warn', 'allow'] as const).find((word) => word === text)
      if (noMatch === undefined) warn(slot, 'UNKNOWN_SETTING', `${slot.path}: ${text} is read as deny`)
      config = { ...config, noMatch: noMatch ?? 'deny' }
    } else if (name === 'fail-on-empty-authorities') {
      config = { ...config, failOnEmptyAuthorities: readGoFlag(slot, text) }
    } else if (name !== '_example' && name !== 'enable-oci11') {
      // enable-oci11 turns the search for referrers on, which is always on here.
      warn(slot, 'UNKNOWN_SETTING', `${slot.path} is a setting that nobody reads`)
    }
  }
  return config
}

/** Go's strconv.ParseBool. */
function readGoFlag(slot: Slot, text: string): boolean {
  if (/^(?:1|t|T|true|TRUE|True)$/.test(text)) return true
  if (/^(?:0|f|F|false|FALSE|False)$/.test(text)) return false
  complainValue(slot, text, { expected: 'true or false' })
  return true
}
