import { baseName, parentPath } from './layer-path.ts'

/** What a whiteout entry of a layer does to the layers below (OCI image-spec, layer.md "Whiteouts"). */
export type Whiteout =
  | { readonly kind: 'delete'; readonly path: string }
  /** Hides all lower children of the directory. */
  | { readonly kind: 'opaque'; readonly directory: string }
  /** Files of AUFS's own, which no container sees. */
  | { readonly kind: 'aufs' }
  /** The prefix with nothing that it could delete. */
  | { readonly kind: 'invalid' }

const prefix = '.wh.'

/** Reads a whiteout off a clean path; undefined for every other path. */
export function whiteoutOf(path: string): Whiteout | undefined {
  // Nearly every path is none of these.
  if (!path.includes(prefix)) return undefined
  const base = baseName(path)
  if (!base.startsWith(prefix)) return undefined
  const parent = parentPath(path)
  const name = base.slice(prefix.length)
  if (base === '.wh..wh..opq') return { kind: 'opaque', directory: parent }
  if (name.startsWith(prefix)) return { kind: 'aufs' }
  if (name === '' || name === '.' || name === '..') return { kind: 'invalid' }
  return { kind: 'delete', path: parent === '' ? name : `${parent}/${name}` }
}
