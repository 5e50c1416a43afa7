import type { BreakGlassRule, GateConfig } from '../gate-config.ts'
import { readDuration } from './parse-attestation.ts'
import {
  complain,
  complainMissing,
  complainValue,
  readEntries,
  readFields,
  readList,
  readText,
  readWord,
} from './slot.ts'
import type { Fields, Slot } from './slot.ts'
import type { PolicyContext } from './context.ts'

const fieldNames = ['noMatch', 'platforms', 'onError', 'breakGlass', 'deadline', 'semantics', 'resources']

/** Reads the `spec` of a GateConfig of our own (gates.md §8.1). */
export function parseGateConfig(slot: Slot): GateConfig | undefined {
  const fields = readFields(slot, fieldNames)
  if (fields === undefined) {
    complain(slot, { code: 'MISSING_FIELD', message: 'missing field(s): spec' })
    return undefined
  }
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
