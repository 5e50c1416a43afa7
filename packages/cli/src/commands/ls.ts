import { listFiles, renderFiles, type FilesView } from '@assay/core'
import { defineCommand, type Mount, type OptionGroup } from '../define-command.ts'
import { switchFlag } from '../options/flag.ts'
import { outputOption } from '../options/output.ts'
import { platformOption } from '../options/platform.ts'
import { flagOf } from '../options/raw.ts'
import { registryOptions } from '../options/registry.ts'
import { readingProgressOption } from '../options/reading-progress.ts'
import { rememberedFactsOption } from '../options/remembered-facts.ts'
import { keepHeapSteady } from '../steady-heap.ts'
import { jsonText } from '../json-text.ts'

const viewOption: OptionGroup<FilesView> = {
  flags: () => [
    switchFlag(
      '--layers',
      'every file of every layer: present, overwritten, deleted, shadowed, and by which layer',
    ),
  ],
  parse: (raw) => (flagOf(raw, 'layers') ? 'layers' : 'rootfs'),
}

/** `assay ls`. */
export const ls: Mount = defineCommand({
  name: 'ls',
  description: 'Lists the files that a container of an image sees, or every file of every layer.',
  arguments: [
    { name: '<image>', description: 'host/repo[:tag][@digest], or oci:DIR[:tag][@digest]' },
    { name: '[path]', description: 'only what lies at or below this path' },
  ],
  examples: [
    { what: 'What a container sees below /usr/bin', line: 'assay ls oci:build/image /usr/bin' },
    { what: 'Every file of every layer, deleted ones too', line: 'assay ls --layers oci:build/image' },
    { what: 'For machines', line: 'assay ls --layers --output json oci:build/image' },
  ],
  groups: {
    view: viewOption,
    output: outputOption(['text', 'json']),
    platform: platformOption,
    remembered: rememberedFactsOption,
    reading: readingProgressOption,
    places: registryOptions,
  },
  run: async (io, [image = '', path], { view, output, platform, remembered, reading, places }) => {
    keepHeapSteady()
    const { store, root, name } = await places.open(image)
    const report = await listFiles(store, root, {
      reference: name,
      view,
      ...(path !== undefined && { path }),
      ...(platform !== undefined && { platform }),
      ...remembered,
      ...(reading.onProgress !== undefined && { onProgress: reading.onProgress }),
      call: places.call,
    }).finally(reading.end)
    await io.writeOut(output.format === 'json' ? jsonText(report) : renderFiles(report))
    return report.ok ? 0 : 3
  },
})
