import { copyImage, writeTarget } from '@assay/core'
import { copiedDocument, copiedText, type Copy } from '../copied-output.ts'
import { defineCommand, type Mount } from '../define-command.ts'
import { outputOption } from '../options/output.ts'
import { platformOption } from '../options/platform.ts'
import { progressOption } from '../options/progress.ts'
import { registryOptions } from '../options/registry.ts'
import { savedPlaceOption } from '../options/saved-place.ts'
import { keepHeapSteady } from '../steady-heap.ts'

/** `assay save`. */
export const save: Mount = defineCommand({
  name: 'save',
  description:
    'Saves images with all their platforms, signatures and attestations in an OCI layout, or in one file, each under its whole name. What was saved can be verified without a network.',
  arguments: [{ name: '<image...>', description: 'host/repo[:tag][@digest]' }],
  examples: [
    { what: 'In one file', line: 'assay save --archive images.tar registry.example/app:1.0' },
    { what: 'For a place without a network', line: 'assay save --dir build/images registry.example/app:1.0' },
    {
      what: 'Several images in one directory, and one of them verified there',
      line: [
        'assay save --dir build/images registry.example/app:1.0 registry.example/db:16',
        '  assay verify --key release.pub --offline oci:build/images:registry.example/app:1.0',
      ].join('\n'),
    },
  ],
  groups: {
    place: savedPlaceOption,
    platform: platformOption,
    progress: progressOption,
    output: outputOption(['text', 'json']),
    places: registryOptions,
  },
  run: async (io, images, { place, platform, progress, output, places }) => {
    keepHeapSteady()
    const to = await places.openTarget(place)
    const copies = await writeTarget(
      to,
      async () => {
        const done: Copy[] = []
        for (const image of images) {
          const from = await places.open(image)
          const copied = await copyImage(from, to, {
            ...(platform !== undefined && { platform }),
            ...progress,
            ...places.call,
          })
          done.push({ from, to, copied })
        }
        return done
      },
      places.call,
    ).finally(progress.end)
    await io.writeOut(output.format === 'json' ? copiedDocument(copies) : copies.map(copiedText).join(''))
    return 0
  },
})
