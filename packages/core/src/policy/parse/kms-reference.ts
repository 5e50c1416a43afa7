/** The key services that ClusterImagePolicies may name. */
const schemes = ['awskms://', 'azurekms://', 'gcpkms://', 'hashivault://'] as const

const uuid = '(?:mrk-)?[A-Fa-f0-9]{8}-?[A-Fa-f0-9]{4}-?[A-Fa-f0-9]{4}-?[A-Fa-f0-9]{4}-?[A-Fa-f0-9]{12}'
const arn = new RegExp(
  String.raw`^arn:(?:aws|aws-us-gov|aws-cn):kms:[a-z0-9-]+:\d{12}:(?:key/${uuid}|alias/[^\s]{1,256})$`,
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
  if (endpoint !== '' && !/^[^\s/:]+:\d{1,5}$/.test(endpoint)) return 'an endpoint HOST:PORT, or none'
  return arn.test(rest.slice(slash + 1)) ? undefined : 'the ARN of a key or of an alias'
}
