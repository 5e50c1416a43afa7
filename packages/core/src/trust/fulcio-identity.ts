import { extensionOids, type Certificate } from './certificate.ts'
import type { Identity } from './identity.ts'
import { childrenOf, DerError, derTag, readDer, readOid, readText, sequenceOf, type DerValue } from './der.ts'

/** Fulcio's extensions by their last arc under 1.3.6.1.4.1.57264.1 (sigstore/fulcio docs/oid-info.md). */
const names: ReadonlyMap<string, string> = new Map(
  Object.entries({
    '1': 'issuer',
    '2': 'githubWorkflowTrigger',
    '3': 'githubWorkflowSHA',
    '4': 'githubWorkflowName',
    '5': 'githubWorkflowRepository',
    '6': 'githubWorkflowRef',
    '8': 'issuerV2',
    '9': 'buildSignerURI',
    '10': 'buildSignerDigest',
    '11': 'runnerEnvironment',
    '12': 'sourceRepositoryURI',
    '13': 'sourceRepositoryDigest',
    '14': 'sourceRepositoryRef',
    '15': 'sourceRepositoryIdentifier',
    '16': 'sourceRepositoryOwnerURI',
    '17': 'sourceRepositoryOwnerIdentifier',
    '18': 'buildConfigURI',
    '19': 'buildConfigDigest',
    '20': 'buildTrigger',
    '21': 'runInvocationURI',
    '22': 'sourceRepositoryVisibilityAtSigning',
    '23': 'deploymentEnvironment',
    '24': 'tokenSubject',
  }),
)

/** The names under which Fulcio's extensions are reported and can be demanded. */
export const fulcioExtensionNames: readonly string[] = [...names.values()]

const arc = '1.3.6.1.4.1.57264.1.'
/** The first ones hold the text as it is, the later ones a DER string. */
const lastRaw = 6
const otherNameUsername = '1.3.6.1.4.1.57264.1.7'

/**
 * Who a Fulcio certificate speaks for: its one subject alternative name, its issuer and its extensions. The
 * names are read from the parsed structure, never from a printed form. Without an issuer extension `issuer` is
 * empty, which no demand matches.
 * @throws DerError
 */
export function fulcioIdentity(certificate: Certificate): Identity {
  const { subject, subjectKind } = subjectOf(certificate)
  const extensions: Record<string, string> = Object.create(null)
  for (const [oid, { value }] of certificate.extensions) {
    if (!oid.startsWith(arc)) continue
    const last = oid.slice(arc.length)
    const name = names.get(last)
    if (name === undefined) continue
    extensions[name] = Number(last) <= lastRaw ? readText(value) : readString(readDer(value))
  }
  const { issuer, issuerV2 } = extensions
  if (issuer !== undefined && issuerV2 !== undefined && issuer !== issuerV2)
    throw new DerError('the certificate names two different issuers')
  return { subject, subjectKind, issuer: issuerV2 ?? issuer ?? '', extensions }
}

function subjectOf(certificate: Certificate): Pick<Identity, 'subject' | 'subjectKind'> {
  const extension = certificate.extensions.get(extensionOids.subjectAltName)
  if (extension === undefined) throw new DerError('the certificate has no subject alternative name')
  const generalNames = sequenceOf(readDer(extension.value))
  const [name] = generalNames
  if (name === undefined || generalNames.length !== 1)
    throw new DerError(`the certificate has ${generalNames.length} subject alternative names instead of one`)
  // RFC 5280 §4.2.1.6: [1] rfc822Name, [6] uniformResourceIdentifier, [0] otherName
  if (name.tag === 0x81) return { subject: filled(readText(name.content)), subjectKind: 'email' }
  if (name.tag === 0x86) return { subject: filled(readText(name.content)), subjectKind: 'uri' }
  if (name.tag === 0xa0) return { subject: filled(otherName(name)), subjectKind: 'other-name' }
  throw new DerError('the subject alternative name is neither a URI, an e-mail address nor a user name')
}

function otherName(name: DerValue): string {
  const [type, value] = childrenOf(name)
  if (readOid(type) !== otherNameUsername || value?.tag !== 0xa0)
    throw new DerError('an other name of an unknown type')
  return readString(readDer(value.content))
}

function readString(value: DerValue): string {
  // UTF8String, or the IA5String and PrintableString of older certificates
  if (value.tag !== derTag.utf8String && value.tag !== 0x16 && value.tag !== 0x13)
    throw new DerError('an extension that is not a string')
  return readText(value.content)
}

function filled(text: string): string {
  if (text !== '') return text
  throw new DerError('the subject alternative name is empty')
}
