import { diffInspections, inspectImage, renderDiff, type InspectionDiff } from '@assay/core'
import { defineCommand, type Mount } from '../define-command.ts'
import type { ExitCode } from '../exit-code.ts'
import { outputOption } from '../options/output.ts'
import { platformOption } from '../options/platform.ts'
import { registryOptions } from '../options/registry.ts'
import { readingProgressOption } from '../options/reading-progress.ts'
import { rememberedFactsOption } from '../options/remembered-facts.ts'
import { keepHeapSteady } from '../steady-heap.ts'
import { jsonText } from '../json-text.ts'

const exitCodes: Readonly<Record<InspectionDiff['status'], ExitCode>> = {
  same: 0,
  different: 1,
  undecided: 3,
}

/** `assay diff`. */
export const diff: Mount = defineCommand({
  name: 'diff',
  description:
    'Compares what containers of two images see: config, packages, findings and every file by content.',
  arguments: [
    { name: '<before>', description: 'host/repo[:tag][@digest], or oci:DIR[:tag][@digest]' },
    { name: '<after>', description: 'the image to compare with it' },
  ],
  examples: [
    { what: 'What did the new build change?', line: 'assay diff registry.example/app:1.0 oci:build/image' },
    {
      what: 'For machines, one platform',
      line: 'assay diff --output json --platform linux/amd64 oci:a oci:b',
    },
  ],
  groups: {
    output: outputOption(['text', 'json']),
    platform: platformOption,
    remembered: rememberedFactsOption,
    reading: readingProgressOption,
    places: registryOptions,
  },
  run: async (io, [before = '', after = ''], { output, platform, remembered, reading, places }) => {
    keepHeapSteady()
    const inspected = async (reference: string): ReturnType<typeof inspectImage> => {
      const { store, root, name } = await places.open(reference)
      return await inspectImage(store, root, {
        reference: name,
        files: true,
        ...(platform !== undefined && { platform }),
        ...remembered,
        ...(reading.onProgress !== undefined && { onProgress: reading.onProgress }),
        call: places.call,
      }).finally(reading.end)
    }
    const found = diffInspections(await inspected(before), await inspected(after))
    await io.writeOut(output.format === 'json' ? jsonText(found) : renderDiff(found))
    return exitCodes[found.status]
  },
})
