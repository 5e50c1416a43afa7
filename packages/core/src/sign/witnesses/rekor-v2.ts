import { createHash } from 'node:crypto'
import { readLogEntry } from '../../bundle/read-log-entry.ts'
import { answerNode } from '../services/service-answer.ts'
import { callService, type Service, type ServiceAccess } from '../services/service-call.ts'
import type { Signature } from '../signers/signer.ts'
import { SigningError } from '../signing-error.ts'
import type { TrustedKey } from '../../trust/public-key.ts'
import type { TrustRoot } from '../../trust/trust-root.ts'
import { recoverEntry } from './rekor-v2-recovery.ts'
import type { Witness } from './witness.ts'

/**
 * Rekor v2 (sigstore/rekor-tiles CLIENTS.md): only `hashedrekord` 0.0.2. An envelope is logged by the hash of its
 * pre-authentication encoding, the bytes that the signature is over; keys are taken like certificates. An entry that is
 * there already is made of the log's tiles, where the trust says whose log it is.
 */
export function rekorV2Witness(
  options: ServiceAccess & { readonly url: string; readonly trust: () => Promise<TrustRoot> },
): Witness {
  const service: Service = { name: 'Rekor', url: options.url }
  return {
    kind: 'log-entry',
    hashOnly: ['envelope', 'file'],
    promises: false,
    service,
    testify: async ({ message, signature }, call) => {
      const digest = createHash(signature.hash).update(message).digest('base64')
      const content = Buffer.from(signature.value).toString('base64')
      const request = {
        hashedRekordRequestV002: { digest, signature: { content, verifier: verifierOf(signature) } },
      }
      const answer = await callService(
        options,
        {
          service,
          method: 'POST',
          path: '/api/v2/log/entries',
          headers: { 'content-type': 'application/json', accept: 'application/json' },
          body: Buffer.from(JSON.stringify(request)),
          accept: [200, 201, 409],
        },
        call,
      )
      if (answer.status === 409) {
        const index = answer.headers['x-log-index']
        const recovery = { access: options, url: options.url, index, trust: options.trust }
        return { kind: 'log-entry', entry: await recoverEntry(recovery, call) }
      }
      return { kind: 'log-entry', entry: readLogEntry(answerNode(service, answer.body)) }
    },
  }
}

function verifierOf(signature: Signature): unknown {
  const keyDetails = keyDetailsOf(signature.publicKey)
  return signature.certificate === undefined
    ? { publicKey: { rawBytes: base64(signature.publicKey.spki) }, keyDetails }
    : { x509Certificate: { rawBytes: base64(signature.certificate) }, keyDetails }
}

/** The names of sigstore/protobuf-specs sigstore_common.proto PublicKeyDetails that the log takes. */
function keyDetailsOf(key: TrustedKey): string {
  const details = {
    'ecdsa-p256': 'PKIX_ECDSA_P256_SHA_256',
    'ecdsa-p384': 'PKIX_ECDSA_P384_SHA_384',
    'ecdsa-p521': 'PKIX_ECDSA_P521_SHA_512',
    rsa: rsaDetails.get(key.keyObject.asymmetricKeyDetails?.modulusLength ?? 0),
    ed25519: 'PKIX_ED25519_PH',
  }[key.algorithm]
  if (details !== undefined) return details
  throw new SigningError('UNSUPPORTED_KEY', 'Rekor v2 does not take signatures of this key', {
    expected: 'ECDSA, Ed25519, or RSA of 2048, 3072 or 4096 bits',
    got: key.algorithm,
    hint: 'use a signing config with Rekor v1, or another key',
  })
}

const rsaDetails: ReadonlyMap<number, string> = new Map([
  [2048, 'PKIX_RSA_PKCS1V15_2048_SHA256'],
  [3072, 'PKIX_RSA_PKCS1V15_3072_SHA256'],
  [4096, 'PKIX_RSA_PKCS1V15_4096_SHA256'],
])

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
