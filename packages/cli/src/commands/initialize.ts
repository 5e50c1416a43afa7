import { initializeTuf, renderTrust, trustDocument } from '@assay/core'
import { defineCommand, type Mount, type OptionGroup } from '../define-command.ts'
import { firstRootOption } from '../options/first-root.ts'
import { valueFlag } from '../options/flag.ts'
import { outputOption } from '../options/output.ts'
import { textOf } from '../options/raw.ts'
import { tufCache } from '../options/tuf-repository.ts'
import { UsageError } from '../usage-error.ts'

const mirrorOption: OptionGroup<string | undefined> = {
  flags: () => [
    valueFlag('--mirror <url>', 'where the TUF repository is (default: that of the public instance)'),
  ],
  parse: (raw) => {
    const mirror = textOf(raw, 'mirror')
    if (mirror === undefined) return undefined
    if (!/^https?:\/\/[^/?#]+[^?#]*$/.test(mirror) || !URL.canParse(mirror))
      throw new UsageError('USAGE', '--mirror is not a URL of a repository', {
        got: mirror,
        expected: 'https://…',
        hint: 'without a network give --trusted-root FILE to the commands that need it',
      })
    return mirror.replace(/\/+$/, '')
  },
}

/** `assay initialize`. */
export const initialize: Mount = defineCommand({
  name: 'initialize',
  description:
    'Starts trust in the TUF repository of a Sigstore instance, and has later runs use that instance. Where anything of it does not hold, everything stays as it was.',
  arguments: [],
  examples: [
    {
      what: 'A private Sigstore, whose first root came some other way',
      line: 'assay initialize --mirror https://tuf.acme.example --root root.json',
    },
    {
      what: 'The same, the root by its checksum',
      line: 'assay initialize --mirror https://tuf.acme.example --root https://tuf.acme.example/1.root.json --root-checksum 0d4a…',
    },
    { what: 'Back to the public instance', line: 'assay initialize' },
  ],
  groups: { mirror: mirrorOption, root: firstRootOption, output: outputOption(['text', 'json']) },
  run: async (io, _args, { mirror, root, output }) => {
    if (mirror !== undefined && root === undefined)
      throw new UsageError('USAGE', '--mirror needs --root: nobody else can say whom to trust there')
    const trust = await initializeTuf({
      cacheDirectory: tufCache(io),
      ...(mirror !== undefined && { mirror }),
      ...(root !== undefined && { root }),
    })
    await io.writeOut(
      output.format === 'json'
        ? `${JSON.stringify(trustDocument(trust, io.now), null, 2)}\n`
        : renderTrust(trust, io.now),
    )
    return 0
  },
})
