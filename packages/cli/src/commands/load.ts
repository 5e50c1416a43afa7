import { copyImage, writeTarget } from '@assay/core'
import { copiedDocument, copiedText } from '../copied-output.ts'
import { defineCommand, type Mount, type OptionGroup } from '../define-command.ts'
import { valueFlag } from '../options/flag.ts'
import { outputOption } from '../options/output.ts'
import { progressOption } from '../options/progress.ts'
import { textOf } from '../options/raw.ts'
import { registryOptions } from '../options/registry.ts'
import { placeToLoad, savedPlaceOption } from '../options/saved-place.ts'
import { keepHeapSteady } from '../steady-heap.ts'

const nameOption: OptionGroup<string | undefined> = {
  flags: () => [valueFlag('--name <name>', 'which image, where there are several')],
  parse: (raw) => textOf(raw, 'name'),
}

/** `assay load`. */
export const load: Mount = defineCommand({
  name: 'load',
  description:
    'Pushes an image that was saved, with all that is attached to it. Reads what "assay save", "cosign save" and "docker save" wrote.',
  arguments: [{ name: '<target>', description: 'host/repo[:tag]' }],
  examples: [
    { what: 'The only image of a directory', line: 'assay load --dir build/images inside.example/app:1.0' },
    { what: 'From a file', line: 'assay load --archive images.tar inside.example/app:1.0' },
    {
      what: 'One of several',
      line: 'assay load --dir build/images --name registry.example/app:1.0 inside.example/app:1.0',
    },
  ],
  groups: {
    place: savedPlaceOption,
    name: nameOption,
    progress: progressOption,
    output: outputOption(['text', 'json']),
    places: registryOptions,
  },
  run: async (io, [target = ''], { place, name, progress, output, places }) => {
    keepHeapSteady()
    const saved = await placeToLoad(place)
    const from = await places.open(name === undefined ? saved : { ...saved, tag: name })
    const to = await places.openTarget(target)
    const copied = await writeTarget(
      to,
      async () => await copyImage(from, to, { ...progress, ...places.call }),
      places.call,
    ).finally(progress.end)
    const result = { from, to, copied }
    await io.writeOut(output.format === 'json' ? copiedDocument([result]) : copiedText(result))
    return 0
  },
})
