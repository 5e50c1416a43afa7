import { SigningError } from '../signing-error.ts'

/** Where a key is kept. */
export type KeyReference =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'environment'; readonly variable: string }
  /** A Secret of Kubernetes, as cosign writes it. */
  | { readonly kind: 'kubernetes'; readonly namespace: string; readonly name: string }
  /** Variables of a GitLab project or group, by path or number, as cosign writes them. */
  | { readonly kind: 'gitlab'; readonly owner: string }
  /** A public key only. */
  | { readonly kind: 'url'; readonly url: URL }
  | KeptKeyReference

/** Keys whose secret half stays where it is; `resource` is what their keeper calls them. */
export type KeptKeyReference =
  | { readonly kind: 'aws' | 'google' | 'azure' | 'vault' | 'pkcs11'; readonly resource: string }
  /** Kept by a program of the `sigstore-kms-` protocol. */
  | { readonly kind: 'plugin'; readonly program: string; readonly resource: string }

/** What `--key` can be, for help texts. */
export const keyForms =
  'a file, env://, k8s://, gitlab://, pkcs11:, awskms://, gcpkms://, azurekms://, hashivault://, or NAME:// of a program sigstore-kms-NAME'

const services: ReadonlyMap<string, 'aws' | 'google' | 'azure' | 'vault'> = new Map([
  ['awskms', 'aws'],
  ['gcpkms', 'google'],
  ['azurekms', 'azure'],
  ['hashivault', 'vault'],
  ['openbao', 'vault'],
])
const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/
/** A part of a program's name: no path, no option. */
const pluginName = /^[a-z0-9][a-z0-9-]*$/
/** RFC 1123: names of namespaces have no dots, those of Secrets may. */
const namespaceName = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
const secretName = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/
/** A number, or the path of a project or a group. */
const gitlabOwner = /^[A-Za-z0-9_][\w.-]*(?:\/[A-Za-z0-9_][\w.-]*){0,20}$/

/**
 * Reads what `--key` names; everything without `://` is a file, but for the URIs of RFC 7512.
 * @throws SigningError UNSUPPORTED_KEY
 */
export function parseKeyReference(text: string): KeyReference {
  // It may hold a PIN: in no spelling is it the name of a file, which errors repeat.
  if (/^pkcs11:/i.test(text)) return { kind: 'pkcs11', resource: text }
  const at = text.indexOf('://')
  if (at < 0) return { kind: 'file', path: text }
  const [scheme, resource] = [text.slice(0, at), text.slice(at + 3)]
  const reference = ofScheme(scheme, resource)
  if (reference !== undefined) return reference
  // What stands behind the scheme may be a secret that got here by mistake.
  throw new SigningError('UNSUPPORTED_KEY', 'no key can be kept there', {
    expected: expectedOf.get(scheme) ?? keyForms,
    got: `${scheme.slice(0, 40)}://…`,
  })
}

const expectedOf: ReadonlyMap<string, string> = new Map([
  ['env', 'env://VARIABLE'],
  ['k8s', 'k8s://NAMESPACE/SECRET'],
  ['gitlab', 'gitlab://OWNER/PROJECT, gitlab://GROUP or a number'],
  ['http', 'https://…, which shows that the key comes from its server'],
])

function ofScheme(scheme: string, resource: string): KeyReference | undefined {
  switch (scheme) {
    case 'env':
      return variableName.test(resource) ? { kind: 'environment', variable: resource } : undefined
    case 'k8s':
      return secretOf(resource)
    case 'gitlab':
      return gitlabOwner.test(resource) ? { kind: 'gitlab', owner: resource } : undefined
    case 'https':
      return urlOf(resource)
    case 'http':
    case 'file':
      return undefined
    default:
      return keptBy(scheme, resource)
  }
}

function secretOf(resource: string): KeyReference | undefined {
  const [namespace = '', name = '', ...more] = resource.split('/')
  const isName = namespaceName.test(namespace) && secretName.test(name) && more.length === 0
  return isName ? { kind: 'kubernetes', namespace, name } : undefined
}

function urlOf(rest: string): KeyReference | undefined {
  const url = URL.parse(`https://${rest}`)
  return url === null || url.username !== '' || url.password !== '' ? undefined : { kind: 'url', url }
}

function keptBy(scheme: string, resource: string): KeyReference | undefined {
  const kind = services.get(scheme)
  if (resource === '') return undefined
  if (kind !== undefined) return { kind, resource }
  return pluginName.test(scheme) ? { kind: 'plugin', program: `sigstore-kms-${scheme}`, resource } : undefined
}
