import { readFileOfImage } from '@assay/core'
import { defineCommand, type Mount, type OptionGroup } from '../define-command.ts'
import { valueFlag } from '../options/flag.ts'
import { platformOption } from '../options/platform.ts'
import { textOf } from '../options/raw.ts'
import { registryOptions } from '../options/registry.ts'
import { rememberedFactsOption } from '../options/remembered-facts.ts'
import { keepHeapSteady } from '../steady-heap.ts'
import { UsageError } from '../usage-error.ts'

const defaultLimit = 100_000_000
/** A file is held in memory until its layer was verified. */
const largestLimit = 2_000_000_000

interface Wanted {
  readonly layer?: number
  readonly limit: number
}

const wantedOption: OptionGroup<Wanted> = {
  flags: () => [
    valueFlag('--layer <n>', 'the version of this layer (from 0), be it deleted or overwritten later'),
    valueFlag('--max-bytes <n>', `refuse larger files (default: ${defaultLimit}, at most ${largestLimit})`),
  ],
  parse: (raw) => {
    const layer = numberOf(textOf(raw, 'layer'), '--layer')
    const limit = numberOf(textOf(raw, 'maxBytes'), '--max-bytes') ?? defaultLimit
    if (limit > largestLimit)
      throw new UsageError('USAGE', '--max-bytes is too large', { expected: `at most ${largestLimit}` })
    return { limit, ...(layer !== undefined && { layer }) }
  },
}

function numberOf(text: string | undefined, flag: string): number | undefined {
  if (text === undefined) return undefined
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new UsageError('USAGE', `${flag} is not a whole number`, { got: text })
}

/** `assay cat`. */
export const cat: Mount = defineCommand({
  name: 'cat',
  description:
    'Writes the content of one file of an image to stdout, byte for byte, once its layer has verified.',
  arguments: [
    { name: '<image>', description: 'host/repo[:tag][@digest], or oci:DIR[:tag][@digest]' },
    { name: '<path>', description: 'as in a container; links are followed inside the image' },
  ],
  examples: [
    { what: 'What a container sees', line: 'assay cat oci:build/image /etc/os-release' },
    {
      what: 'A file of the lowest layer that a later one deleted',
      line: 'assay cat --layer 0 oci:build/image /root/.ssh/id_ed25519',
    },
    {
      what: 'A program of one platform, into a file',
      line: 'assay cat --platform linux/arm64 registry.example/app:1.0 /app > app',
    },
  ],
  groups: {
    wanted: wantedOption,
    platform: platformOption,
    remembered: rememberedFactsOption,
    places: registryOptions,
  },
  run: async (io, [image = '', path = ''], { wanted, platform, remembered, places }) => {
    keepHeapSteady()
    const { store, root } = await places.open(image)
    const content = await readFileOfImage(store, root, {
      path,
      ...wanted,
      ...(platform !== undefined && { platform }),
      ...remembered,
      call: places.call,
    })
    if (io.terminal.stdout && !isTextForTerminals(content)) {
      throw new UsageError('USAGE', 'the file is not plain text, and would be written to a terminal', {
        on: path,
        hint: 'write it to a file or into another program: assay cat … > FILE',
      })
    }
    await io.writeOut(content)
    return 0
  },
})

/** Valid UTF-8 without control characters: what a terminal shows, and does not obey. */
function isTextForTerminals(content: Buffer): boolean {
  const text = content.toString('utf8')
  // oxlint-disable-next-line no-control-regex -- control characters are what this looks for
  return !text.includes('\uFFFD') && !/[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/.test(text)
}
