import type { Digest } from '@assay/registry'

/** The names under which policies know an image. */
export interface ImageNames {
  /** As it was written. */
  readonly raw: string
  /** `host/repository`, where the image is in a registry; Docker Hub is `index.docker.io`. */
  readonly repository?: string
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
    return { raw: image.raw, pinned, all: [image.raw], certain: [image.raw] }
  }
  const repository = `${hubHost(image.host)}/${image.repository}`
  const names = new Set<string>()
  if (image.tag !== undefined) names.add(`${repository}:${image.tag}`)
  else if (!pinned) names.add(`${repository}:latest`)
  if (digest !== undefined) names.add(`${repository}@${digest}`)
  names.add(image.raw)
  const certain = pinned && image.tag !== undefined ? [`${repository}@${digest}`] : [...names]
  return { raw: image.raw, repository, pinned, all: [...names], certain }
}

/** Policies know Docker Hub by the name that go-containerregistry gives it. */
function hubHost(host: string): string {
  return host === 'docker.io' || host === 'registry-1.docker.io' ? 'index.docker.io' : host
}
