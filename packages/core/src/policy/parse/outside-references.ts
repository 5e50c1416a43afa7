import { hostFault } from './go-url.ts'

/** The key services that ClusterImagePolicies may name. */
const schemes = ['awskms://', 'azurekms://', 'gcpkms://', 'hashivault://'] as const

const uuid = 'm?r?k?-?[A-Fa-f0-9]{8}-?[A-Fa-f0-9]{4}-?[A-Fa-f0-9]{4}-?[A-Fa-f0-9]{4}-?[A-Fa-f0-9]{12}'
const arn = new RegExp(
  String.raw`^arn:(?:aws|aws-us-gov|aws-cn):kms:[a-z0-9-]+:\d{12}:(?:key/${uuid}|alias/.*)$`,
)

/** Why a key reference is refused, or undefined where it is fine. AWS keys are named by ARN alone: an id or a bare alias needs settings that a policy does not carry. */
export function kmsReferenceFault(reference: string): string | undefined {
  const scheme = schemes.find((known) => reference.startsWith(known))
  if (scheme === undefined) return `a reference that starts with one of ${schemes.join(', ')}`
  if (scheme !== 'awskms://') return undefined
  const rest = reference.slice(scheme.length)
  const slash = rest.indexOf('/')
  if (slash === -1) return 'awskms://[HOST:PORT]/ARN'
  const endpoint = rest.slice(0, slash)
  if (endpoint !== '' && !isEndpoint(endpoint)) return 'an endpoint HOST:PORT, or none'
  return arn.test(rest.slice(slash + 1)) ? undefined : 'the ARN of a key or of an alias'
}

/** As Go's net.SplitHostPort takes it apart; an ARN or an alias in this place is one that lacks its slash. */
function isEndpoint(text: string): boolean {
  if (/^(?:arn|alias)/.test(text)) return false
  return /^(?:\[[^[\]]*\]|[^:[\]]*):[^:[\]]*$/.test(text)
}

/**
 * Why a registry or repository for signatures is refused (`source.oci`); a name is a repository where its first part
 * has a dot or a colon, and else a registry.
 */
export function signaturePlaceFault(text: string): string | undefined {
  const slash = text.indexOf('/')
  const [host, repository] = slash === -1 ? [text, undefined] : [text.slice(0, slash), text.slice(slash + 1)]
  const isRepository = repository !== undefined && /[.:]/.test(host)
  if (!isRepository && slash !== -1) return 'a registry, or a repository with its registry'
  if (/[@%]/.test(host) || hostFault(host) !== undefined) return 'a registry that is a host'
  if (!isRepository) return undefined
  if (!/^[a-z0-9_\-./]{2,255}$/.test(repository)) return 'a repository in lower case, without tag'
  const isHub = host === 'index.docker.io' || host === 'docker.io'
  return isHub && !repository.includes('/')
    ? 'a repository of Docker Hub with its namespace (library)'
    : undefined
}
