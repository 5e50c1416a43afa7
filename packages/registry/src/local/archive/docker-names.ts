import { isDigest } from '../../digest.ts'
import { parseReference } from '../../reference.ts'
import { isAttachmentTag } from '../../referrer.ts'

/** The annotation in which containerd keeps an image's whole name; newer Dockers write it beside the bare tag. */
export const containerdName = 'io.containerd.image.name'

/** Names in Docker's archives are short or full, as Docker reads them: `app:1` is `docker.io/library/app:1`. */
export function fullName(name: string): string {
  if (name === '' || isDigest(name) || isAttachmentTag(name)) return name
  const reference = parseReference(name)
  return reference.kind === 'registry'
    ? `${reference.host}/${reference.repository}:${reference.tag ?? ''}`
    : name
}

/** The short form that Docker shows: without `docker.io/` and `library/`. */
export function familiarName(name: string): string {
  return fullName(name).replace(/^docker\.io\/(?:library\/)?/, '')
}
