/** What an entry is, for the runtime that unpacks it. `other`: a type that runtimes refuse to unpack. */
export type EntryType =
  | 'file'
  | 'directory'
  | 'symlink'
  | 'hardlink'
  | 'character-device'
  | 'block-device'
  | 'fifo'
  | 'other'

/** The type that a flag stands for; old archives mark directories by a slash at the end of the name. */
export function entryTypeOf(typeFlag: string, path: string): EntryType {
  if (typeFlag === '\0') return path.endsWith('/') ? 'directory' : 'file'
  return entryTypes[typeFlag] ?? 'other'
}

/** Whether content follows the header; links, directories and devices have none, whatever size they claim. */
export function hasContent(type: EntryType): boolean {
  return type === 'file' || type === 'other'
}

const entryTypes: Readonly<Record<string, EntryType>> = {
  '0': 'file',
  S: 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'character-device',
  '4': 'block-device',
  '5': 'directory',
  '6': 'fifo',
}
