import { isLoopbackHost } from '@assay/registry'
import type { PolicyProgram, ProgramInput, ProgramSource } from '../policy.ts'
import { maxProgramLength } from '../program-length.ts'
import type { PolicyContext } from './context.ts'
import { goUrlHost } from './go-url.ts'
import { keptText } from './kept-texts.ts'
import { readUrl } from './parse-keyless.ts'
import { complain, complainMissing, complainValue, readFields, readFlag, readText, readWord } from './slot.ts'
import type { Fields, Slot } from './slot.ts'

/** Our own kind has one more. */
const ownInputs: readonly (readonly [string, ProgramInput])[] = [['includePredicates', 'predicates']]

const inputs: readonly (readonly [string, ProgramInput])[] = [
  ['fetchConfigFile', 'config'],
  ['includeSpec', 'spec'],
  ['includeObjectMeta', 'metadata'],
  ['includeTypeMeta', 'typemeta'],
]

export interface ProgramPlace {
  readonly context: PolicyContext
  /** `spec.policy` may ask for more input than a policy on one attestation. */
  readonly level: 'policy' | 'attestation'
}

/** Reads a `policy` block: a program in CUE or Rego, in our own kind also CEL. */
export function parseProgram(slot: Slot, { context, level }: ProgramPlace): PolicyProgram | undefined {
  const known = context.extended ? [...inputs, ...ownInputs] : inputs
  const flags = known.map(([field]) => field)
  const fields = readFields(slot, ['type', 'data', 'remote', 'configMapRef', ...flags])
  if (fields === undefined) return undefined
  const language = readLanguage(fields, context)
  const source = readSource(fields, context)
  const include: ProgramInput[] = []
  for (const [name, input] of known) {
    const flag = fields.get(name)
    if (flag.value === undefined) continue
    if (level === 'attestation') {
      const message = `must not set the field(s): ${flag.path}`
      complain(flag, { code: 'CONFLICTING_FIELDS', message, hint: 'it belongs under spec.policy' })
    } else if (readFlag(flag) === true) include.push(input)
  }
  if (language === undefined || source === undefined) return undefined
  return { language, source, include, at: slot.at }
}

function readLanguage(fields: Fields, context: PolicyContext): PolicyProgram['language'] | undefined {
  const slot = fields.get('type')
  if (!fields.has('type')) {
    complainMissing(fields, ['type'])
    return undefined
  }
  return context.extended ? readWord(slot, ['cel', 'cue', 'rego']) : readWord(slot, ['cue', 'rego'])
}

function readSource(fields: Fields, context: PolicyContext): ProgramSource | undefined {
  const names = ['data', 'remote', 'configMapRef']
  const present = names.filter((name) => fields.has(name))
  if (present.length === 0) {
    complainMissing(fields, names)
    return undefined
  }
  if (present.length > 1) {
    const paths = names.map((name) => fields.get(name).path).join(', ')
    complain(fields.slot, { code: 'CONFLICTING_FIELDS', message: `expected exactly one, got both: ${paths}` })
    return undefined
  }
  if (fields.has('data')) return readProgramText(fields.get('data'))
  return fields.has('remote')
    ? readRemote(fields.get('remote'), context)
    : readConfigMap(fields.get('configMapRef'), context)
}

function readProgramText(slot: Slot): ProgramSource | undefined {
  const text = readText(slot)
  if (text === undefined) return undefined
  if (text.length <= maxProgramLength) return { kind: 'text', text }
  complainValue(slot, `${text.length} characters`, { expected: `at most ${maxProgramLength} characters` })
  return undefined
}

function readRemote(slot: Slot, context: PolicyContext): ProgramSource | undefined {
  const fields = readFields(slot, ['url', 'sha256sum'])
  if (fields === undefined) return undefined
  const url = readUrl(fields.get('url'), context)
  const sha256 = readText(fields.get('sha256sum'))
  const missing = ['url', 'sha256sum'].filter((name) => !fields.has(name))
  for (const name of missing) complainMissing(fields, [name])
  if (url === undefined || sha256 === undefined) return undefined
  if (isHereInHttp(url)) {
    if (!context.extended)
      context.warn(fields.get('url'), 'UNREACHABLE', `${fields.get('url').path}: a cluster takes https alone`)
  } else if (!/^https:\/\//i.test(url) || goUrlHost(url) === '') {
    complainValue(fields.get('url'), url, { expected: 'a URL with a host and the https scheme' })
    return undefined
  }
  if (!/^[0-9a-f]{64}$/.test(sha256) && !context.extended) {
    context.warn(
      fields.get('sha256sum'),
      'UNREACHABLE',
      `${fields.get('sha256sum').path} is no SHA-256 sum: no program has it`,
    )
  } else if (!/^[0-9a-f]{64}$/.test(sha256)) {
    complainValue(fields.get('sha256sum'), sha256, { expected: '64 hexadecimal digits in lower case' })
    return undefined
  }
  return { kind: 'remote', url, sha256 }
}

/** What this machine serves to itself does not leave it, as everywhere in this tool. */
function isHereInHttp(text: string): boolean {
  const url = URL.parse(text)
  return url?.protocol === 'http:' && isLoopbackHost(url.hostname)
}

function readConfigMap(slot: Slot, { kept }: PolicyContext): ProgramSource | undefined {
  const fields = readFields(slot, ['name', 'namespace', 'key'])
  if (fields === undefined) return undefined
  const name = readText(fields.get('name'))
  const key = readText(fields.get('key'))
  readText(fields.get('namespace'))
  if (name === undefined) complainMissing(fields, ['name'])
  if (key === undefined) complainMissing(fields, ['key'])
  if (name === undefined || key === undefined) return undefined
  const text = keptText(slot, { kind: 'ConfigMap', name, key }, kept)
  return text === undefined ? { kind: 'config-map', name, key } : readProgramText(text)
}
