import { json } from '@sigstore/core'
import { pemOfKey } from './certificate.ts'
import { ecKeyPair } from './context.ts'
import { preAuthEncoding, sha256Hex, verifierKey, verifiesDigest, verifiesMessage } from './rekor-entry.ts'

/** The log does not take this entry. */
export class EntryRefused extends Error {}

interface Envelope {
  readonly payload: string
  readonly payloadType: string
  readonly signatures: readonly { readonly sig: string; readonly publicKey?: string }[]
}
interface Hash {
  readonly algorithm: string
  readonly value: string
}
interface HashedRekord {
  readonly kind: 'hashedrekord'
  readonly spec: {
    readonly data: { readonly hash: Hash }
    readonly signature: { readonly content: string; readonly publicKey: { readonly content: string } }
  }
}
interface Dsse {
  readonly kind: 'dsse'
  readonly spec: {
    readonly proposedContent: { readonly envelope: string; readonly verifiers: readonly string[] }
  }
}
interface InToto {
  readonly kind: 'intoto'
  readonly spec: {
    readonly content: { readonly envelope: Envelope; readonly hash: Hash; readonly payloadHash: Hash }
  }
}
type Proposed = HashedRekord | Dsse | InToto

/**
 * What the log stores for a proposed entry, in canonical JSON: hashedrekord 0.0.1, dsse 0.0.1 or intoto 0.0.2.
 * @throws EntryRefused unless the signature verifies
 */
export function canonicalEntry(body: Uint8Array): Uint8Array {
  const proposed: Proposed = JSON.parse(Buffer.from(body).toString())
  switch (proposed.kind) {
    case 'hashedrekord':
      return canonicalHashedRekord(proposed)
    case 'dsse':
      return canonicalDsse(proposed)
    case 'intoto':
      return canonicalInToto(proposed)
    default:
      throw new EntryRefused('unknown kind of entry')
  }
}

/** The same entry about another signature or under another key: what a lying log would hand out. */
export function unrelatedEntry(entry: Uint8Array, options: { readonly keepSignature: boolean }): Uint8Array {
  const text = Buffer.from(entry).toString()
  const otherKey = Buffer.from(pemOfKey(ecKeyPair().publicKey)).toString('base64')
  const withKey = text.replaceAll(/"(verifier|publicKey|content)":"LS0t[^"]*"/g, `"$1":"${otherKey}"`)
  if (options.keepSignature) return Buffer.from(withKey)
  return Buffer.from(
    text.replaceAll(/"(signature|content|sig)":"(?!LS0t)([^"]{16})/g, '"$1":"AAAAAAAAAAAAAAAA'),
  )
}

function canonicalHashedRekord({ spec }: HashedRekord): Uint8Array {
  const digest = Buffer.from(spec.data.hash.value, 'hex')
  const key = verifierKey(Buffer.from(spec.signature.publicKey.content, 'base64'))
  if (!verifiesDigest(key, digest, Buffer.from(spec.signature.content, 'base64'))) throw unverifiable()
  return canonical('hashedrekord', '0.0.1', {
    data: { hash: { algorithm: spec.data.hash.algorithm, value: spec.data.hash.value } },
    signature: { content: spec.signature.content, publicKey: { content: spec.signature.publicKey.content } },
  })
}

function canonicalDsse({ spec }: Dsse): Uint8Array {
  const envelope: Envelope = JSON.parse(spec.proposedContent.envelope)
  const [verifier = ''] = spec.proposedContent.verifiers
  const [signature] = envelope.signatures
  if (
    !verifiesEnvelope(envelope, { pem: Buffer.from(verifier, 'base64'), signature: signature?.sig ?? '' })
  ) {
    throw unverifiable()
  }
  return canonical('dsse', '0.0.1', {
    envelopeHash: { algorithm: 'sha256', value: sha256Hex(Buffer.from(spec.proposedContent.envelope)) },
    payloadHash: { algorithm: 'sha256', value: sha256Hex(Buffer.from(envelope.payload, 'base64')) },
    signatures: [{ signature: signature?.sig, verifier }],
  })
}

/** An intoto 0.0.2 entry carries base64 of what is already base64: payload and signature alike. */
function canonicalInToto({ spec }: InToto): Uint8Array {
  const { envelope, hash } = spec.content
  const [signature] = envelope.signatures
  const payload = Buffer.from(envelope.payload, 'base64').toString()
  const single = { ...envelope, payload }
  const sig = Buffer.from(signature?.sig ?? '', 'base64').toString()
  const pem = Buffer.from(signature?.publicKey ?? '', 'base64')
  if (!verifiesEnvelope(single, { pem, signature: sig })) throw unverifiable()
  return canonical('intoto', '0.0.2', {
    content: {
      envelope: {
        payloadType: envelope.payloadType,
        signatures: [{ publicKey: signature?.publicKey, sig: signature?.sig }],
      },
      hash: { algorithm: hash.algorithm, value: hash.value },
      payloadHash: { algorithm: 'sha256', value: sha256Hex(Buffer.from(payload, 'base64')) },
    },
  })
}

function verifiesEnvelope(
  envelope: Envelope,
  by: { readonly pem: Uint8Array; readonly signature: string },
): boolean {
  const message = preAuthEncoding(envelope.payloadType, Buffer.from(envelope.payload, 'base64'))
  return verifiesMessage(verifierKey(by.pem), message, Buffer.from(by.signature, 'base64'))
}

function canonical(kind: string, apiVersion: string, spec: unknown): Uint8Array {
  return Buffer.from(json.canonicalize({ apiVersion, kind, spec }))
}

function unverifiable(): EntryRefused {
  return new EntryRefused('the signature does not verify')
}
