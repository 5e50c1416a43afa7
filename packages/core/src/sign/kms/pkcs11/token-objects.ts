import { keyFromSpki, type TrustedKey } from '../../../trust/public-key.ts'
import { decodePem } from '../../../trust/public-key.ts'
import { TrustError } from '../../../trust/trust-error.ts'
import { SigningError } from '../../signing-error.ts'
import type { TokenUri } from './token-uri.ts'
import { runTokenTool, tokenFailed, type TokenTool } from './token-tool.ts'

/** A public key in a token. */
export interface TokenObject {
  /** CKA_ID, in hexadecimal: by it the private half is found. */
  readonly id: string
  readonly publicKey: TrustedKey
}

/**
 * The one public key in a slot that a URI names.
 * @throws SigningError KEY_PLUGIN_FAILED where there is none, or more than one; UNSUPPORTED_KEY
 */
export async function findPublicKey(
  tool: TokenTool,
  slot: readonly string[],
  { label, id }: Pick<TokenUri, 'label' | 'id'>,
): Promise<TokenObject> {
  const listing = await runTokenTool(tool, [...slot, '--list-objects', '--type', 'pubkey'])
  const fitting = objectsIn(listing.toString('utf8')).filter(
    (each) => (label ?? each.label) === each.label && (id ?? each.id) === each.id,
  )
  const [object] = fitting
  if (object === undefined || fitting.length > 1)
    throw tokenFailed(object === undefined ? 'the token has no such public key' : 'several keys are as named')
  if (object.id === '') throw tokenFailed('the key has no id, by which its private half could be found')
  return { id: object.id, publicKey: readKey(await spkiOf(object, tool, slot)) }
}

interface ListedObject {
  readonly kind: string
  readonly label: string
  readonly id: string
  /** Of elliptic curves, in hexadecimal. */
  readonly point: string
  readonly parameters: string
}

/** `Public Key Object; EC …`, and under it `  label:      …`. */
function objectsIn(listing: string): readonly ListedObject[] {
  return listing
    .split(/^(?=Public Key Object;)/m)
    .filter((text) => text.startsWith('Public Key Object;'))
    .map((text) => {
      const value = (name: string): string => new RegExp(`^ {2}${name}: *(.*)$`, 'm').exec(text)?.[1] ?? ''
      return {
        kind: /^Public Key Object; (\w+)/.exec(text)?.[1] ?? '',
        label: value('label').trimEnd(),
        id: value('ID').trim().toLowerCase(),
        point: value('EC_POINT').split(' ')[0] ?? '',
        parameters: value('EC_PARAMS').split(' ')[0] ?? '',
      }
    })
}

/** For curves the listing has all of the key; OpenSC 0.23 cannot give some of them otherwise. */
async function spkiOf(object: ListedObject, tool: TokenTool, slot: readonly string[]): Promise<Uint8Array> {
  if (object.kind.startsWith('EC')) {
    const prefix = prefixes.get(object.parameters)
    const point = Buffer.from(object.point, 'hex')
    // The point stands in an OCTET STRING (PKCS #11 §6.3.3), whose length has one byte or two.
    const start = point[1] === 0x81 ? 3 : 2
    if (prefix === undefined || point[0] !== 0x04 || point[start - 1] !== point.byteLength - start)
      throw new SigningError('UNSUPPORTED_KEY', 'the key in the token is of a kind that is not accepted', {
        expected: 'ECDSA P-256, P-384 or P-521, RSA, or Ed25519',
        got: `${object.kind} ${object.parameters}`,
      })
    return Buffer.concat([Buffer.from(prefix, 'hex'), point.subarray(start)])
  }
  const der = await runTokenTool(tool, [...slot, '--read-object', '--type', 'pubkey', '--id', object.id])
  return decodePem(der.toString('latin1'), 'PUBLIC KEY') ?? der
}

/** CKA_EC_PARAMS, and what stands before the point in the SubjectPublicKeyInfo of such a key (RFC 5480, RFC 8410). */
const prefixes: ReadonlyMap<string, string> = new Map([
  ['06082a8648ce3d030107', '3059301306072a8648ce3d020106082a8648ce3d030107034200'],
  ['06052b81040022', '3076301006072a8648ce3d020106052b81040022036200'],
  ['06052b81040023', '30819b301006072a8648ce3d020106052b8104002303818600'],
  ['130c656477617264733235353139', '302a300506032b6570032100'],
  ['06032b6570', '302a300506032b6570032100'],
])

function readKey(spki: Uint8Array): TrustedKey {
  try {
    return keyFromSpki(spki)
  } catch (error) {
    if (!(error instanceof TrustError)) throw error
    const { expected, got } = error
    throw new SigningError('UNSUPPORTED_KEY', 'the key in the token is of a kind that is not accepted', {
      ...(expected !== undefined && { expected }),
      ...(got !== undefined && { got }),
    })
  }
}
