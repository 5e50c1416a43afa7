import type { Call } from '@assay/registry'
import { field, isMissing, listOf, textOf } from '../../json/json-node.ts'
import { parseCertificate } from '../../trust/certificate.ts'
import { DerError } from '../../trust/der.ts'
import { fulcioIdentity } from '../../trust/fulcio-identity.ts'
import { decodePem } from '../../trust/public-key.ts'
import { publicKeyPem, signWith, type PrivateKey } from '../keys/private-key.ts'
import { answerNode } from '../services/service-answer.ts'
import { callService, misbehaved, type Service, type ServiceAccess } from '../services/service-call.ts'
import type { IdentityToken } from './identity-token.ts'

const maxCertificates = 10

/**
 * Asks Fulcio for a certificate that binds the key to the token's identity (fulcio.proto CreateSigningCertificate).
 * The key is shown to be ours by signing the subject. Only that the certificate is for this key and address is checked here;
 * its chain and its log promise are checked when the finished bundle is verified.
 * @throws SigningError SERVICE_UNREACHABLE, SERVICE_TIMED_OUT, SERVICE_REFUSED, SERVICE_MISBEHAVED
 */
export async function fetchSigningCertificate(
  options: ServiceAccess & { readonly url: string; readonly key: PrivateKey; readonly token: IdentityToken },
  call?: Call,
): Promise<Uint8Array> {
  const { key, token } = options
  const service: Service = { name: 'Fulcio', url: options.url }
  const proof = signWith(key, Buffer.from(token.subject))
  const request = {
    credentials: { oidcIdentityToken: token.token },
    publicKeyRequest: {
      publicKey: { algorithm: 'ECDSA', content: publicKeyPem(key.publicKey) },
      proofOfPossession: Buffer.from(proof).toString('base64'),
    },
  }
  const answer = await callService(
    options,
    {
      service,
      method: 'POST',
      path: '/api/v2/signingCert',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: Buffer.from(JSON.stringify(request)),
      accept: [200, 201],
      secrets: [token.token],
    },
    call,
  )
  const certificate = leafOf(service, answer.body)
  checkLeaf(service, certificate, options)
  return certificate
}

function leafOf(service: Service, body: Uint8Array): Uint8Array {
  const answer = answerNode(service, body)
  const embedded = field(answer, 'signedCertificateEmbeddedSct')
  const certified = isMissing(embedded) ? field(answer, 'signedCertificateDetachedSct') : embedded
  const [leaf] = listOf(field(field(certified, 'chain'), 'certificates'), maxCertificates)
  const der = leaf === undefined ? undefined : decodePem(textOf(leaf), 'CERTIFICATE')
  if (der === undefined) throw misbehaved(service, 'there is no certificate in the answer')
  return der
}

/** For workflows Fulcio composes the name from several claims; only an e-mail address is known beforehand. */
function checkLeaf(
  service: Service,
  der: Uint8Array,
  wanted: { readonly key: PrivateKey; readonly token: IdentityToken },
): void {
  try {
    const certificate = parseCertificate(der)
    if (Buffer.compare(certificate.publicKey, wanted.key.publicKey.spki) !== 0) {
      throw misbehaved(service, 'the certificate is for another key')
    }
    const { subject } = fulcioIdentity(certificate)
    if (wanted.token.isEmail && subject !== wanted.token.subject) {
      throw misbehaved(service, `the certificate is for another identity: ${subject}`)
    }
  } catch (error) {
    if (error instanceof DerError) throw misbehaved(service, `not a certificate: ${error.message}`, error)
    throw error
  }
}
