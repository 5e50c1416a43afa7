import { createHash } from 'node:crypto'
import { json as canonicalJson } from '@sigstore/core'
import { createPublicKey, X509Certificate, type KeyObject } from 'node:crypto'
import { refusal, json, type Answer } from './answer.ts'
import { spkiOf, type KeyPair } from './certificate.ts'
import { ed25519KeyId, signCheckpoint } from './checkpoint.ts'
import { ecKeyPair, ed25519KeyPair, hosts, type Context } from './context.ts'
import { createLog } from './log.ts'
import { verifiesDigest } from './rekor-entry.ts'
import { tileAnswer } from './tiles.ts'

/** A transparency log of the second kind (rekor-tiles): hashedrekord 0.0.2 only, no time of its own. */
export interface RekorV2 {
  readonly keys: KeyPair
  readonly keyId: Uint8Array
  /** POST /api/v2/log/entries */
  readonly create: (body: Uint8Array) => Answer
  /** GET /api/v2/{path} */
  readonly published: (path: string) => Answer
}

type Verifier = { readonly keyDetails: string } & (
  | { readonly x509Certificate: { readonly rawBytes: string } }
  | { readonly publicKey: { readonly rawBytes: string } }
)
interface Request {
  readonly hashedRekordRequestV002?: {
    readonly digest: string
    readonly signature: { readonly content: string; readonly verifier: Verifier }
  }
}

const algorithms: Readonly<Record<string, string>> = {
  PKIX_ECDSA_P256_SHA_256: 'SHA2_256',
  PKIX_ECDSA_P384_SHA_384: 'SHA2_384',
  PKIX_ECDSA_P521_SHA_512: 'SHA2_512',
  PKIX_RSA_PKCS1V15_2048_SHA256: 'SHA2_256',
  PKIX_RSA_PKCS1V15_3072_SHA256: 'SHA2_256',
  PKIX_RSA_PKCS1V15_4096_SHA256: 'SHA2_256',
  PKIX_ED25519_PH: 'SHA2_512',
}

export function createRekorV2(context: Context): RekorV2 {
  const log = createLog('v2')
  const origin = new URL(hosts.rekorV2).hostname
  const keys = ed25519KeyPair()
  const foreignKeys = ed25519KeyPair()

  function create(body: Uint8Array): Answer {
    const request: Request = JSON.parse(Buffer.from(body).toString())
    const entry = request.hashedRekordRequestV002
    if (entry === undefined) return refusal(400, 'only hashedrekord entries are taken')
    const { verifier, content } = entry.signature
    const algorithm = algorithms[verifier.keyDetails]
    if (algorithm === undefined) return refusal(400, 'unsupported key details')
    const digest = Buffer.from(entry.digest, 'base64')
    if (!verifiesDigest(keyOf(verifier), digest, Buffer.from(content, 'base64'))) {
      return refusal(400, 'the signature does not verify')
    }
    const { index, isNew } = log.append(
      canonical(lied({ algorithm, digest: entry.digest, content, verifier })),
    )
    return isNew
      ? json(201, answerFor(index))
      : json(
          409,
          { code: 6, message: 'an equivalent entry already exists' },
          { 'x-log-index': String(index) },
        )
  }

  function lied(entry: Entry): Entry {
    if (context.lies('another-entry')) return { ...entry, content: Buffer.alloc(64).toString('base64') }
    if (!context.lies('another-entry-key')) return entry
    const publicKey = { rawBytes: Buffer.from(spkiOf(ecKeyPair().publicKey)).toString('base64') }
    return { ...entry, verifier: { keyDetails: 'PKIX_ECDSA_P256_SHA_256', publicKey } }
  }

  function answerFor(index: number): unknown {
    const signer = context.lies('foreign-log') ? foreignKeys : keys
    const keyId = ed25519KeyId(origin, signer.publicKey)
    const proof = log.proof(index)
    const root = context.lies('wrong-tree') ? createHash('sha256').update(proof.root).digest() : proof.root
    const checkpointKey = context.lies('foreign-checkpoint') ? foreignKeys : signer
    return {
      logIndex: String(index),
      logId: { keyId: base64(keyId) },
      kindVersion: { kind: 'hashedrekord', version: '0.0.2' },
      integratedTime: '0',
      inclusionProof: {
        logIndex: String(index),
        rootHash: base64(root),
        treeSize: String(proof.size),
        hashes: proof.hashes.map(base64),
        checkpoint: {
          envelope: signCheckpoint(
            { origin, size: proof.size, root },
            { name: origin, key: checkpointKey.privateKey, keyId },
          ),
        },
      },
      canonicalizedBody: base64(log.entries[index] ?? Buffer.alloc(0)),
    }
  }

  /** GET /api/v2/{path}: the newest checkpoint, and the tiles under it. */
  function published(path: string): Answer {
    if (path !== 'checkpoint') return tileAnswer(log.entries, path)
    const keyId = ed25519KeyId(origin, keys.publicKey)
    const { size, root } = log.proof(0)
    const signer = context.lies('foreign-checkpoint') ? foreignKeys : keys
    const note = signCheckpoint({ origin, size, root }, { name: origin, key: signer.privateKey, keyId })
    return { status: 200, headers: { 'content-type': 'text/plain' }, body: Buffer.from(note) }
  }

  return { keys, keyId: ed25519KeyId(origin, keys.publicKey), create, published }
}

interface Entry {
  readonly algorithm: string
  readonly digest: string
  readonly content: string
  readonly verifier: Verifier
}

function canonical(entry: Entry): Uint8Array {
  const hashedRekordV002 = {
    data: { algorithm: entry.algorithm, digest: entry.digest },
    signature: { content: entry.content, verifier: entry.verifier },
  }
  return Buffer.from(
    canonicalJson.canonicalize({ apiVersion: '0.0.2', kind: 'hashedrekord', spec: { hashedRekordV002 } }),
  )
}

function keyOf(verifier: Verifier): KeyObject {
  return 'publicKey' in verifier
    ? createPublicKey({
        key: Buffer.from(verifier.publicKey.rawBytes, 'base64'),
        format: 'der',
        type: 'spki',
      })
    : new X509Certificate(Buffer.from(verifier.x509Certificate.rawBytes, 'base64')).publicKey
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
