import type { Digest } from '@assay/registry'

/** The names under which policies know an image. */
export interface ImageNames {
  /** As it was written. */
  readonly raw: string
  /** `host/repository`, where the image is in a registry; Docker Hub is `index.docker.io`. */
  readonly repository?: string
  /** Where it is, without tag and digest: `host/repository`, `oci:DIRECTORY`. */
  readonly place: string
  /** Whether the one who asked named a digest. */
  readonly pinned: boolean
  /** Every name that globs are matched against, without doubles. */
  readonly all: readonly string[]
  /**
   * The names that say what the image is: not the tag of `repo:tag@digest`, which nobody looked up and which the
   * one who asks may invent. Whatever loosens a policy (exclude, exceptions, static pass) goes by these.
   */
  readonly certain: readonly string[]
}

export interface NamedImage {
  readonly raw: string
  readonly host?: string
  readonly repository?: string
  /** A layout or an archive, as it is written: `oci:DIRECTORY`. */
  readonly directory?: string
  readonly tag?: string
  readonly digest?: Digest
}

/**
 * Collects the names of an image: fully qualified with its tag, fully qualified with its digest, and as written.
 * `resolved` is what the tag stood for, where somebody looked.
 */
export function imageNames(image: NamedImage, resolved: Digest | undefined): ImageNames {
  const digest = image.digest ?? resolved
  const pinned = image.digest !== undefined
  if (image.host === undefined || image.repository === undefined) {
    return directoryNames(image, digest)
  }
  const repository = `${hubHost(image.host)}/${image.repository}`
  const names = new Set<string>()
  if (image.tag !== undefined) names.add(`${repository}:${image.tag}`)
  else if (!pinned) names.add(`${repository}:latest`)
  if (digest !== undefined) names.add(`${repository}@${digest}`)
  names.add(image.raw)
  const certain = pinned && image.tag !== undefined ? [`${repository}@${digest}`] : [...names]
  return { raw: image.raw, repository, place: repository, pinned, all: [...names], certain }
}

/** A name inside a directory is as good as a tag: beside a digest nobody looked it up. */
function directoryNames(image: NamedImage, digest: Digest | undefined): ImageNames {
  const { raw, directory: place = raw } = image
  const pinned = image.digest !== undefined
  const byDigest = digest === undefined || image.directory === undefined ? [] : [`${place}@${digest}`]
  const all = [...new Set([raw, ...byDigest])]
  return { raw, place, pinned, all, certain: pinned && byDigest.length > 0 ? byDigest : all }
}

/** Policies know Docker Hub by the name that go-containerregistry gives it, and every host without its usual port. */
function hubHost(written: string): string {
  const host = written.replace(/:443$/, '')
  return hubAliases.has(host) ? 'index.docker.io' : host
}

const hubAliases: ReadonlySet<string> = new Set([
  'docker.io',
  'index.docker.io',
  'registry-1.docker.io',
  'registry.hub.docker.com',
])
