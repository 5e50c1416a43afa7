import type { Platform } from '@assay/registry'
import type { OptionGroup } from '../define-command.ts'
import { UsageError } from '../usage-error.ts'
import { valueFlag } from './flag.ts'
import { textOf } from './raw.ts'

/** `--platform os/arch[/variant]`: one platform of an index; without it all of them. */
export const platformOption: OptionGroup<Platform | undefined> = {
  flags: () => [valueFlag('--platform <os/arch[/variant]>', 'only this platform of a multi-platform image')],
  parse: (raw) => {
    const text = textOf(raw, 'platform')
    return text === undefined ? undefined : parsePlatform(text)
  },
}

function parsePlatform(text: string): Platform {
  const match = /^([a-z0-9]+)\/([a-z0-9_]+)(?:\/([a-z0-9.]+))?$/.exec(text)
  const [, os, architecture, variant] = match ?? []
  if (os === undefined || architecture === undefined) {
    throw new UsageError('USAGE', '--platform is not a platform', {
      expected: 'os/arch[/variant], like linux/amd64',
      got: text,
    })
  }
  return variant === undefined ? { os, architecture } : { os, architecture, variant }
}
