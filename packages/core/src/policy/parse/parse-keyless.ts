import { fulcioExtensionNames } from '../../trust/fulcio-identity.ts'
import type { IdentityRule, KeylessAuthority } from '../policy.ts'
import { looksAnchored, patternFault } from '../../verify/text-rule.ts'
import type { TextRule } from '../../verify/text-rule.ts'
import type { PolicyContext } from './context.ts'
import { goUrlFault } from './go-url.ts'
import { parseCaCert } from './parse-key.ts'
import {
  complain,
  complainMissing,
  complainValue,
  exactlyOne,
  isBlank,
  readEntries,
  readFields,
  readFlag,
  readList,
  readText,
} from './slot.ts'
import type { Fields, Slot } from './slot.ts'

const maxIdentities = 256
/** The issuer has a rule of its own. */
const fulcioExtensions = fulcioExtensionNames.filter((name) => name !== 'issuer' && name !== 'issuerV2')

/** Reads `keyless`: who may have signed, and whose certificates count. */
export function parseKeyless(slot: Slot, context: PolicyContext): KeylessAuthority | undefined {
  const fields = readFields(slot, ['url', 'identities', 'ca-cert', 'trustRootRef', 'insecureIgnoreSCT'])
  if (fields === undefined) return undefined
  if (fields.has('url') && fields.has('ca-cert')) exactlyOne(fields, ['ca-cert', 'url'])
  readUrl(fields.get('url'), context)
  if (fields.has('url') && context.semantics === 'strict') {
    const hint = 'name a TrustRoot with that authority under trustRootRef'
    const message = `${fields.get('url').path} chooses no certificate authority`
    complain(fields.get('url'), { code: 'NOT_SUPPORTED', message, hint })
  }
  const caCert = parseCaCert(fields.get('ca-cert'), context)
  const trustRootRef = readText(fields.get('trustRootRef'))
  const insecureIgnoreSct = readFlag(fields.get('insecureIgnoreSCT')) ?? false
  const slots = readList(fields.get('identities'))
  if (slots.length === 0) complainMissing(fields, ['identities'], 'say who may sign: issuer and subject')
  if (slots.length > maxIdentities) {
    complainValue(fields.get('identities'), String(slots.length), {
      expected: `at most ${maxIdentities} identities`,
    })
  }
  const [first, ...others] = slots
    .slice(0, maxIdentities)
    .flatMap((item) => parseIdentity(item, context) ?? [])
  if (first === undefined) return undefined
  return {
    kind: 'keyless',
    identities: [first, ...others],
    insecureIgnoreSct,
    ...(trustRootRef === undefined ? {} : { trustRootRef }),
    ...(caCert === undefined ? {} : { caCert }),
  }
}

/** Reads an absolute http(s) URL; in policies of policy.sigstore.dev whatever a cluster takes for a URL. */
export function readUrl(slot: Slot, { extended }: Pick<PolicyContext, 'extended'>): string | undefined {
  const text = readText(slot)
  if (text === undefined) return undefined
  const fault = extended ? webUrlFault(text) : goUrlFault(text)
  if (fault === undefined) return text
  complainValue(slot, text, { expected: fault })
  return undefined
}

function webUrlFault(text: string): string | undefined {
  return URL.canParse(text) && /^https?:\/\//.test(text) ? undefined : 'a URL with http or https'
}

function parseIdentity(slot: Slot, context: PolicyContext): IdentityRule | undefined {
  const own = context.extended ? ['extensions'] : []
  const fields = readFields(slot, ['issuer', 'subject', 'issuerRegExp', 'subjectRegExp', ...own])
  if (fields === undefined) {
    complain(slot, {
      code: 'MISSING_FIELD',
      message: `missing field(s): ${slot.path}.issuer, ${slot.path}.subject`,
    })
    return undefined
  }
  const issuer = readPair(fields, 'issuer', context)
  const subject = readPair(fields, 'subject', context)
  const extensions = context.extended ? parseExtensions(fields.get('extensions'), context) : {}
  if (issuer === undefined || subject === undefined) return undefined
  return { issuer, subject, extensions }
}

/** `name` or `nameRegExp`, exactly one of them. */
function readPair(fields: Fields, name: 'issuer' | 'subject', context: PolicyContext): TextRule | undefined {
  const pattern = `${name}RegExp`
  if (fields.has(name) && fields.has(pattern)) {
    exactlyOne(fields, [name, pattern])
    return undefined
  }
  if (fields.has(name)) return readExact(fields.get(name))
  if (fields.has(pattern)) return readPattern(fields.get(pattern), context)
  complainMissing(fields, [name, pattern])
  return undefined
}

function readExact(slot: Slot): TextRule | undefined {
  const value = readText(slot)
  return value === undefined ? undefined : { kind: 'exact', value }
}

function readPattern(slot: Slot, context: PolicyContext): TextRule | undefined {
  const source = readText(slot)
  if (source === undefined) return undefined
  const fault = patternFault(source)
  if (fault !== undefined) {
    complainValue(slot, source, { expected: `an RE2 expression (${fault})` })
    return undefined
  }
  const anchored = context.semantics === 'strict'
  if (!anchored && !looksAnchored(source)) {
    context.warn(slot, 'UNANCHORED_PATTERN', `${slot.path} matches anywhere inside a longer text: write ^…$`)
  }
  return { kind: 'regexp', source, anchored }
}

/** `sourceRepositoryURI: exact`, or `sourceRepositoryURIRegExp: expression`. */
function parseExtensions(slot: Slot, context: PolicyContext): Readonly<Record<string, TextRule>> {
  const rules: Record<string, TextRule> = {}
  for (const [key, value] of readEntries(slot)) {
    const name = fulcioExtensions.find((known) => known === key || `${known}RegExp` === key)
    if (name === undefined) {
      const hint = `known: ${fulcioExtensions.join(', ')}`
      complain(value, { code: 'UNKNOWN_FIELD', message: `unknown field: ${value.path}`, hint })
      continue
    }
    if (Object.hasOwn(rules, name)) {
      const message = `expected exactly one, got both: ${slot.path}.${name}, ${slot.path}.${name}RegExp`
      complain(value, { code: 'CONFLICTING_FIELDS', message })
      continue
    }
    if (isBlank(value)) {
      complain(value, { code: 'MISSING_FIELD', message: `missing field(s): ${value.path}` })
      continue
    }
    const rule = key === name ? readExact(value) : readPattern(value, context)
    if (rule !== undefined) rules[name] = rule
  }
  return rules
}
