import { join } from 'node:path'
import type { KeyAccess } from '../../keys/key-access.ts'
import { firstSet } from '../first-set.ts'
import { smallFile } from '../small-file.ts'

/** The settings of a profile: those of the credentials file over those of the config file. */
export type Profile = ReadonlyMap<string, string>

/** The shared files of AWS's tools. */
export interface Profiles {
  /** The name that the environment chooses. */
  readonly chosen: string
  profile(name: string): Profile | undefined
}

/** Reads both files, where they are. */
export async function readProfiles(env: KeyAccess['env']): Promise<Profiles> {
  const home = join(env['HOME'] ?? '/', '.aws')
  const [config, credentials] = await Promise.all([
    smallFile(firstSet(env, 'AWS_CONFIG_FILE') ?? join(home, 'config')),
    smallFile(firstSet(env, 'AWS_SHARED_CREDENTIALS_FILE') ?? join(home, 'credentials')),
  ])
  const sections = merged(config ?? '', credentials ?? '')
  return {
    chosen: firstSet(env, 'AWS_PROFILE', 'AWS_DEFAULT_PROFILE') ?? 'default',
    profile: (name) => sections.get(name),
  }
}

function merged(config: string, credentials: string): ReadonlyMap<string, Profile> {
  const sections = new Map<string, Profile>()
  // In the config file a profile is called `[profile NAME]`, but for the default one.
  for (const [name, settings] of sectionsOf(config)) {
    const profile = /^profile\s+(\S.*)$/.exec(name)?.[1] ?? (name === 'default' ? name : undefined)
    if (profile !== undefined) sections.set(profile, settings)
  }
  for (const [name, settings] of sectionsOf(credentials))
    sections.set(name, new Map([...(sections.get(name) ?? []), ...settings]))
  return sections
}

/** An INI file: sections, `key = value`, comments; nested settings (indented lines) are none of ours. */
function sectionsOf(text: string): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const sections = new Map<string, Map<string, string>>()
  let current: Map<string, string> | undefined
  for (const line of text.split(/\r?\n/)) {
    const header = /^\[\s*([^\]]+?)\s*\]/.exec(line)?.[1]
    const setting = /^([A-Za-z0-9_]+)\s*=\s*(.*?)\s*$/.exec(line)
    if (header !== undefined) {
      current = sections.get(header) ?? new Map<string, string>()
      sections.set(header, current)
    } else if (setting !== null) current?.set((setting[1] ?? '').toLowerCase(), setting[2] ?? '')
  }
  return sections
}
