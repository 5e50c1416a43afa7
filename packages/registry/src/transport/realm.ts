import { isIP } from 'node:net'
import { RegistryError } from '../errors.ts'
import { isLoopbackHost } from './host.ts'

/** Token services that are known to serve a registry of another name. */
const knownRealms: ReadonlyMap<string, string> = new Map([
  ['registry-1.docker.io', 'auth.docker.io'],
  ['registry.gitlab.com', 'gitlab.com'],
])

/**
 * Reads the `realm` of a registry's Bearer challenge and decides whether it may be asked at all.
 * Credentials may go to the registry's own host and port, to a known token service, to the domain that the
 * registry's name is under, or to a host that was allowed explicitly, and nowhere else (attacks B-26, B-27).
 * @throws RegistryError PROTOCOL_ERROR for what no token service is
 */
export function judgeRealm(
  text: string,
  registry: URL,
  trusted: ReadonlySet<string> = new Set(),
): { readonly url: URL; readonly mayHaveCredentials: boolean } {
  const url = text.length > 2048 ? null : URL.parse(text)
  if (url === null) throw refused(registry, 'is not a URL', text.slice(0, 200))
  const isOwn = url.origin === registry.origin
  const isListed = trusted.has(url.host)
  checkForm(url, registry)
  if (!isOwn && !isListed) checkPlace(url, registry)
  return { url, mayHaveCredentials: isOwn || isListed || isKin(url, registry) }
}

function checkForm(url: URL, registry: URL): void {
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw refused(registry, 'is not a web address', url.protocol)
  if (url.protocol === 'http:' && registry.protocol === 'https:')
    throw refused(registry, 'is not https', url.host)
  if (url.username !== '' || url.password !== '' || url.hash !== '')
    throw refused(registry, 'has a user or a fragment', url.host)
}

function checkPlace(url: URL, registry: URL): void {
  if (isLoopbackHost(registry.hostname)) return
  if (url.protocol !== 'https:') throw refused(registry, 'is not https', url.host)
  if (isAddress(url.hostname)) throw refused(registry, 'is an address instead of a name', url.host)
}

function isKin(realm: URL, registry: URL): boolean {
  if (
    realm.protocol !== 'https:' ||
    registry.protocol !== 'https:' ||
    realm.port !== '' ||
    registry.port !== ''
  )
    return false
  if (knownRealms.get(registry.hostname) === realm.hostname) return true
  // registry.example.com → example.com; never to a top-level domain.
  return realm.hostname.includes('.') && registry.hostname.endsWith(`.${realm.hostname}`)
}

function isAddress(hostname: string): boolean {
  return isIP(hostname.replace(/^\[|\]$/g, '')) !== 0
}

function refused(registry: URL, message: string, got: string): RegistryError {
  return new RegistryError('PROTOCOL_ERROR', `the token service that the registry names ${message}`, {
    on: registry.host,
    got,
  })
}
