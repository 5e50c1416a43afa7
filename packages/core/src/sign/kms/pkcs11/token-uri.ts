import { malformedReference } from '../key-service.ts'

/** What a URI of RFC 7512 says about a key: the token that holds it, the key, and how to get there. */
export interface TokenUri {
  /** What the token and its slot must say of themselves, by the words of the listing of slots. */
  readonly slot: SlotDemand
  readonly label: string | undefined
  /** CKA_ID, in hexadecimal. */
  readonly id: string | undefined
  readonly modulePath: string | undefined
  /** A file that holds the PIN. */
  readonly pinSource: string | undefined
  readonly pinValue: string | undefined
}

export interface SlotDemand {
  readonly token?: string
  readonly manufacturer?: string
  readonly model?: string
  readonly serial?: string
  readonly slotId?: number
}

const pathAttributes = ['token', 'manufacturer', 'model', 'serial', 'slot-id', 'object', 'id', 'type']
/** A certificate, data or a secret key signs nothing. */
const types: readonly (string | undefined)[] = [undefined, 'private', 'public']
const queryAttributes = ['module-path', 'pin-source', 'pin-value']
const expected =
  'pkcs11:token=…;object=… or id=…, with slot-id, serial, manufacturer or model; ?module-path=…&pin-source=… or pin-value=…'

/**
 * Reads a URI of RFC 7512. What it does not know it refuses: an attribute that is not looked at could mean another key.
 * @throws SigningError UNSUPPORTED_KEY
 */
export function parseTokenUri(text: string): TokenUri {
  const [path = '', query = '', ...more] = text.slice('pkcs11:'.length).split('?')
  if (more.length > 0) throw malformed()
  const has = attributesOf(path.split(';'), pathAttributes)
  const asks = attributesOf(query === '' ? [] : query.split('&'), queryAttributes)
  if (!types.includes(textIn(has, 'type'))) throw malformed()
  const [label, id] = [textIn(has, 'object'), has.get('id')?.toString('hex')]
  const slot = slotOf(has)
  if ((label === undefined && id === undefined) || Object.keys(slot).length === 0) throw malformed()
  return {
    slot,
    label,
    id,
    modulePath: textIn(asks, 'module-path'),
    pinSource: pinFile(textIn(asks, 'pin-source')),
    pinValue: textIn(asks, 'pin-value'),
  }
}

function slotOf(has: ReadonlyMap<string, Buffer>): SlotDemand {
  const slotId = textIn(has, 'slot-id')
  if (slotId !== undefined && !/^\d{1,15}$/.test(slotId)) throw malformed()
  const texts = (['token', 'manufacturer', 'model', 'serial'] as const).flatMap((name) => {
    const value = textIn(has, name)
    return value === undefined ? [] : [[name, value] as const]
  })
  return { ...Object.fromEntries(texts), ...(slotId !== undefined && { slotId: Number(slotId) }) }
}

function textIn(attributes: ReadonlyMap<string, Buffer>, name: string): string | undefined {
  return attributes.get(name)?.toString('utf8')
}

/** RFC 7512 §2.4: a file URI or an absolute path; commands (`|`) are not run. */
function pinFile(source: string | undefined): string | undefined {
  if (source === undefined) return undefined
  const path = source.replace(/^file:(?:\/\/(?:localhost)?(?=\/))?/, '')
  if (!path.startsWith('/')) throw malformed()
  return path
}

/** Percent-encoded bytes by name; none twice, none empty. */
function attributesOf(parts: readonly string[], known: readonly string[]): ReadonlyMap<string, Buffer> {
  const attributes = new Map<string, Buffer>()
  for (const part of parts) {
    const at = part.indexOf('=')
    const name = part.slice(0, Math.max(at, 0))
    const value = part.slice(at + 1)
    const isWellFormed = /^(?:[^%]|%[0-9A-Fa-f]{2})+$/.test(value)
    if (!known.includes(name) || attributes.has(name) || !isWellFormed) throw malformed()
    attributes.set(name, decode(value))
  }
  return attributes
}

function decode(value: string): Buffer {
  const parts = value.split(/%([0-9A-Fa-f]{2})/)
  return Buffer.concat(parts.map((part, index) => Buffer.from(part, index % 2 === 1 ? 'hex' : 'utf8')))
}

/** The URI may hold a PIN: it is not repeated. */
function malformed(): ReturnType<typeof malformedReference> {
  return malformedReference(expected)
}
