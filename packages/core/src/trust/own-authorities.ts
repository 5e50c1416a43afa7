import {
  extendedKeyUsages,
  isAuthority,
  isSelfIssued,
  parseCertificate,
  unprocessedExtension,
  type Certificate,
} from './certificate.ts'
import { DerError } from './der.ts'
import { decodePem } from './public-key.ts'
import { TrustError } from './trust-error.ts'
import type { CertificateChain, TrustRoot } from './trust-root.ts'

/** PEM files of authorities that somebody runs for themselves. */
export interface OwnAuthorities {
  /** Root certificates of certificate authorities. */
  readonly roots?: Uint8Array
  /** The certificates between those roots and the leaves. */
  readonly intermediates?: Uint8Array
  /** The certificate of a timestamp authority, those above it, its root last. */
  readonly timestampChain?: Uint8Array
}

/** A trusted root that trusts nobody, for own authorities to stand in. */
export const emptyTrustRoot: TrustRoot = {
  origin: { kind: 'given' },
  certificateAuthorities: [],
  timestampAuthorities: [],
  transparencyLogs: [],
  certificateLogs: [],
  unsupported: [],
}

const maxCertificates = 100
const maxPemSize = 1024 * 1024

/**
 * Puts own authorities in the place of those of a trusted root: where somebody names certificate authorities, no other
 * one counts, and the same for timestamps. Its logs stay.
 * @throws TrustError MALFORMED_TRUST_ROOT
 */
export function withOwnAuthorities(root: TrustRoot, own: OwnAuthorities): TrustRoot {
  const { roots, intermediates, timestampChain } = own
  if (roots === undefined && intermediates !== undefined)
    throw malformed('intermediate certificates without a root')
  return {
    ...root,
    ...(roots !== undefined && { certificateAuthorities: [authorities(roots, intermediates)] }),
    ...(timestampChain !== undefined && { timestampAuthorities: [timestampAuthority(timestampChain)] }),
  }
}

/** All in one: which of them belong together, their signatures say. */
function authorities(roots: Uint8Array, intermediates: Uint8Array | undefined): CertificateChain {
  const between = intermediates === undefined ? [] : certificatesOf(intermediates)
  if (between.some((certificate) => !isAuthority(certificate) || isSelfIssued(certificate)))
    throw malformed('an intermediate certificate that is a root, or is not that of an authority')
  const own = certificatesOf(roots)
  if (!own.every((root) => isAuthority(root) && isSelfIssued(root)))
    throw malformed('a root certificate that is not issued by itself, or is not that of an authority')
  return chainOf([...between, ...own])
}

function timestampAuthority(pem: Uint8Array): CertificateChain {
  const [leaf, ...above] = certificatesOf(pem)
  const root = above.at(-1)
  if (leaf === undefined || isAuthority(leaf) || extendedKeyUsages(leaf) === undefined)
    throw malformed('a timestamp chain that does not begin with the certificate that signs timestamps')
  if (root === undefined || !isSelfIssued(root) || !above.every(isAuthority))
    throw malformed('a timestamp chain that does not end with its root')
  return chainOf([leaf, ...above])
}

/** Within what their own certificates say; nobody set them a window beside it. */
function chainOf(certificates: readonly Certificate[]): CertificateChain {
  return { uri: 'an authority of your own', certificates, validFor: { start: new Date(0) } }
}

/** PEM blocks of certificates and nothing else. */
function certificatesOf(pem: Uint8Array): readonly Certificate[] {
  if (pem.byteLength > maxPemSize) throw malformed(`more than ${maxPemSize} bytes of certificates`)
  const end = '-----END CERTIFICATE-----'
  const blocks = Buffer.from(pem).toString('latin1').trim().split(end)
  if (blocks.pop() !== '' || blocks.length === 0) throw malformed('a file that is not PEM certificates')
  if (blocks.length > maxCertificates) throw malformed(`more than ${maxCertificates} certificates`)
  return blocks.map((block) => {
    const der = decodePem(`${block}${end}`, 'CERTIFICATE')
    if (der === undefined) throw malformed('a file that is not PEM certificates')
    return certificateOf(der)
  })
}

function certificateOf(der: Uint8Array): Certificate {
  try {
    const certificate = parseCertificate(der)
    const unprocessed = unprocessedExtension(certificate)
    if (unprocessed === undefined) return certificate
    throw malformed(`a certificate with the extension ${unprocessed}, which we cannot honour`)
  } catch (error) {
    if (error instanceof DerError) throw malformed(`a malformed certificate: ${error.message}`, error)
    throw error
  }
}

function malformed(got: string, cause?: Error): TrustError {
  return new TrustError('MALFORMED_TRUST_ROOT', 'the certificates of own authorities cannot be used', {
    got,
    cause,
  })
}
