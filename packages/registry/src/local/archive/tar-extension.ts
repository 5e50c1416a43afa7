import { RegistryError } from '../../errors.ts'

/** What headers of their own say about the entry that follows them. */
export interface TarExtension {
  readonly path?: string
  readonly linkPath?: string
  readonly size?: number
}

/** `x`: pax records. `L` and `K`: GNU's long name and long link name. */
type ExtensionType = 'x' | 'L' | 'K'

export function isExtensionType(type: string): type is ExtensionType {
  return type === 'x' || type === 'L' || type === 'K'
}

/**
 * Adds what one such header says.
 * @throws RegistryError MALFORMED_CONTENT
 */
export function extendedBy(
  before: TarExtension,
  { type, bytes }: { readonly type: ExtensionType; readonly bytes: Buffer },
  on: string,
): TarExtension {
  if (type === 'x') return { ...before, ...paxExtension(bytes, on) }
  const text = bytes.toString('utf8').replace(/\0+$/, '')
  return type === 'L' ? { ...before, path: text } : { ...before, linkPath: text }
}

/** POSIX 2017, pax "Extended Header": `<length> <key>=<value>\n`, the length counting the whole record. */
function paxExtension(bytes: Buffer, on: string): TarExtension {
  const records = new Map<string, string>()
  for (let at = 0; at < bytes.byteLength;) {
    const length = Number(/^([1-9][0-9]{0,6}) /.exec(bytes.toString('latin1', at, at + 8))?.[1])
    const record = Number.isNaN(length) ? '' : bytes.toString('utf8', at, at + length)
    const [, key, value] = /^[0-9]+ ([^=]+)=([^]*)\n$/.exec(record) ?? []
    if (key === undefined || value === undefined)
      throw new RegistryError('MALFORMED_CONTENT', 'a pax record of the archive is malformed', { on })
    records.set(key, value)
    at += length
  }
  const [path, linkPath, size] = [records.get('path'), records.get('linkpath'), records.get('size')]
  return {
    ...(path !== undefined && { path }),
    ...(linkPath !== undefined && { linkPath }),
    ...(size !== undefined && { size: /^[0-9]{1,15}$/.test(size) ? Number(size) : Number.NaN }),
  }
}
