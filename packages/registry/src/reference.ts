import { isDigest, type Digest } from './digest.ts'
import { RegistryError } from './errors.ts'
import { redact } from './redact.ts'

/** An image in a registry. Without a tag and a digest in the text, the tag is `latest`. */
export interface RegistryReference {
  readonly kind: 'registry'
  /** Lower case, with the port if one was named: `docker.io`, `localhost:5000`, `[::1]:5000`. */
  readonly host: string
  readonly repository: string
  readonly tag?: string
  readonly digest?: Digest
  /** What the user wrote. */
  readonly text: string
}

/** An image in a directory that is an OCI image layout. */
export interface LayoutReference {
  readonly kind: 'layout'
  readonly path: string
  readonly tag?: string
  readonly digest?: Digest
  readonly text: string
}

/** An image in a tar file: an OCI layout, or what `docker save` wrote. */
export interface ArchiveReference {
  readonly kind: 'archive'
  readonly format: 'oci' | 'docker'
  readonly path: string
  readonly tag?: string
  readonly digest?: Digest
  readonly text: string
}

/** An image in a Docker engine. */
export interface DaemonReference {
  readonly kind: 'daemon'
  /** What the engine calls it: `host/repository:tag`, `host/repository@digest` or an image's ID. */
  readonly name: string
  /** The name of its export: `host/repository:tag`; none for an ID. */
  readonly tag?: string
  readonly digest?: Digest
  readonly text: string
}

export type Reference = RegistryReference | LayoutReference | ArchiveReference | DaemonReference

const daemonPrefix = 'docker-daemon:'
/** The longest reference that we look at, in characters. */
const maxLength = 4096
const maxRepositoryLength = 255

const hostPattern =
  /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9A-Fa-f:]+\])(?::[0-9]{1,5})?$/
const repositoryPattern =
  /^[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)*$/
const tagPattern = /^\w[\w.-]{0,127}$/
// OCI image-spec, annotations.md: the grammar of org.opencontainers.image.ref.name
const refNamePattern =
  /^[A-Za-z0-9]+(?:(?:[-._:@+]|--)[A-Za-z0-9]+)*(?:\/[A-Za-z0-9]+(?:(?:[-._:@+]|--)[A-Za-z0-9]+)*)*$/
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const unprintable = /[\u0000-\u0020\u007f-\u009f\u2028\u2029\ufeff]/

/**
 * Reads `host/repository[:tag][@digest]`, with short names as Docker reads them (`alpine` is
 * `docker.io/library/alpine:latest`), `oci:DIR[:name][@digest]`, `oci-archive:FILE[:name][@digest]` or
 * `docker-archive:FILE[:name:tag]`, or `docker-daemon:` with a name or an image's ID. In a layout the name starts at the first colon, as in skopeo, so that full names can be asked for.
 * @throws RegistryError INVALID_REFERENCE
 */
export function parseReference(text: string): Reference {
  checkCharacters(text)
  if (text.startsWith('oci:')) return { kind: 'layout', ...parsePlace(text, 'oci:') }
  if (text.startsWith('oci-archive:'))
    return { kind: 'archive', format: 'oci', ...parsePlace(text, 'oci-archive:') }
  if (text.startsWith('docker-archive:'))
    return { kind: 'archive', format: 'docker', ...parsePlace(text, 'docker-archive:') }
  if (text.startsWith(daemonPrefix)) return parseDaemonReference(text)
  return parseRegistryReference(text)
}

/** What `ContentSource.resolve` is to be asked for: the digest, else the tag, else the place's only image (`''`). */
export function nameOf(reference: Reference): string {
  return reference.digest ?? reference.tag ?? ''
}

/** Whether this text is a tag that a registry accepts (OCI distribution-spec, "Pulling manifests"). */
export function isTag(text: string): boolean {
  return tagPattern.test(text)
}

/** Whether this text names a repository (OCI distribution-spec, "Pulling manifests"). */
export function isRepository(text: string): boolean {
  return text.length <= maxRepositoryLength && repositoryPattern.test(text)
}

/** Whether this text is a host with an optional port, and nothing else. */
export function isHost(text: string): boolean {
  return text.length <= 255 && hostPattern.test(text) && portOf(text) <= 65_535
}

function parseDaemonReference(text: string): DaemonReference {
  const named = text.slice(daemonPrefix.length)
  if (isDigest(named)) return { kind: 'daemon', name: named, text }
  const { host, repository, tag, digest } = parseRegistryReference(named)
  const place = `${host}/${repository}`
  if (digest !== undefined) return { kind: 'daemon', name: `${place}@${digest}`, digest, text }
  const name = `${place}:${tag ?? 'latest'}`
  return { kind: 'daemon', name, tag: name, text }
}

function parseRegistryReference(text: string): RegistryReference {
  if (text.includes('://')) throw invalid(text, 'a reference has no scheme', 'leave out "https://"')
  const { rest, digest } = splitDigest(text)
  const colon = rest.lastIndexOf(':')
  const hasTag = colon > rest.lastIndexOf('/')
  const tag = hasTag ? rest.slice(colon + 1) : digest === undefined ? 'latest' : undefined
  if (tag !== undefined && !isTag(tag)) throw invalid(text, 'the tag is malformed')
  const { host, repository } = splitHost(hasTag ? rest.slice(0, colon) : rest)
  if (!isHost(host)) throw invalid(text, 'the registry host is malformed')
  if (!isRepository(repository)) throw repositoryProblem(text, repository)
  return {
    kind: 'registry',
    host: host.toLowerCase(),
    repository,
    ...(tag !== undefined && { tag }),
    ...(digest !== undefined && { digest }),
    text,
  }
}

/** `PREFIX path[:name][@digest]`. */
function parsePlace(text: string, prefix: string): Omit<LayoutReference, 'kind'> {
  const { rest, digest } = splitDigest(text)
  const place = rest.slice(prefix.length)
  const colon = place.indexOf(':')
  const path = colon === -1 ? place : place.slice(0, colon)
  const tag = colon === -1 ? undefined : place.slice(colon + 1)
  if (path === '') throw invalid(text, 'the path is missing', `write ${prefix}PATH or ${prefix}PATH:name`)
  if (tag !== undefined && (tag.length > 512 || !(refNamePattern.test(tag) || isTag(tag)))) {
    throw invalid(text, 'the name in the layout is malformed')
  }
  return {
    path,
    ...(tag !== undefined && { tag }),
    ...(digest !== undefined && { digest }),
    text,
  }
}

/** Lengths and characters first: what follows may then split and match without care (attacks B-21, I-14). */
function checkCharacters(text: string): void {
  if (text === '') throw invalid(text, 'the reference is empty')
  if (text.length > maxLength) throw invalid(`${text.slice(0, 60)}…`, 'the reference is too long')
  if (text.startsWith('-'))
    throw invalid(text, 'a reference does not start with "-"', 'is it a misplaced option?')
  if (unprintable.test(isPlace(text) ? text.replaceAll(' ', '_') : text)) {
    throw invalid(text, 'the reference holds a space, a newline or a control character')
  }
}

function isPlace(text: string): boolean {
  return /^(?:oci|oci-archive|docker-archive):/.test(text)
}

function splitDigest(text: string): { readonly rest: string; readonly digest?: Digest } {
  const at = text.lastIndexOf('@')
  if (at === -1 || (isPlace(text) && !text.slice(at).includes(':'))) return { rest: text }
  const digest = text.slice(at + 1)
  if (!isDigest(digest))
    throw invalid(text, 'the digest is malformed', 'sha256:<64 hex> or sha512:<128 hex>, lower case')
  return { rest: text.slice(0, at), digest }
}

// Docker's rule: the first part is a host if it could not be a repository (a dot, a port, an upper-case letter) or is "localhost".
function splitHost(name: string): { readonly host: string; readonly repository: string } {
  const slash = name.indexOf('/')
  const first = name.slice(0, Math.max(slash, 0))
  const isHostPart = first === 'localhost' || /[.:A-Z]/.test(first)
  const host = isHostPart ? first.toLowerCase() : 'docker.io'
  const path = isHostPart ? name.slice(slash + 1) : name
  if (host !== 'docker.io' && host !== 'index.docker.io') return { host, repository: path }
  return { host: 'docker.io', repository: path.includes('/') ? path : `library/${path}` }
}

function portOf(host: string): number {
  const port = /:([0-9]{1,5})$/.exec(host.replace(/^\[[^\]]*\]/, ''))?.[1]
  return port === undefined ? 0 : Number(port)
}

function repositoryProblem(text: string, repository: string): RegistryError {
  if (/[A-Z]/.test(repository)) return invalid(text, 'a repository name is written in lower case')
  return invalid(text, 'the repository name is malformed')
}

function invalid(text: string, message: string, hint?: string): RegistryError {
  return new RegistryError('INVALID_REFERENCE', message, {
    on: redact(text),
    ...(hint !== undefined && { hint }),
  })
}
