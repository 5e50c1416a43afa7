import { copyImage, writeTarget } from '@assay/core'
import { copiedDocument, copiedText } from '../copied-output.ts'
import { defineCommand, type Mount } from '../define-command.ts'
import { outputOption } from '../options/output.ts'
import { platformOption } from '../options/platform.ts'
import { progressOption } from '../options/progress.ts'
import { registryOptions } from '../options/registry.ts'
import { keepHeapSteady } from '../steady-heap.ts'

/** `assay copy`. */
export const copy: Mount = defineCommand({
  name: 'copy',
  description:
    'Copies an image with all its platforms, signatures, attestations and whatever else refers to it. It gets its name last, and can be repeated after a cut.',
  arguments: [
    {
      name: '<source>',
      description:
        'host/repo[:tag][@digest], oci:DIR[:name][@digest], oci-archive:FILE, docker-archive:FILE or docker-daemon:NAME',
    },
    {
      name: '<target>',
      description:
        'host/repo[:tag], oci:DIR[:name], oci-archive:FILE, docker-archive:FILE or docker-daemon:NAME',
    },
  ],
  examples: [
    {
      what: 'From one registry to another',
      line: 'assay copy registry.example/app:1.0 mirror.example/team/app:1.0',
    },
    { what: 'Into one file', line: 'assay copy registry.example/app:1.0 oci-archive:app.tar' },
    { what: 'Into an OCI layout', line: 'assay copy registry.example/app:1.0 oci:build/image:1.0' },
    {
      what: 'One platform only',
      line: 'assay copy --platform linux/arm64 registry.example/app:1.0 mirror.example/app:1.0-arm64',
    },
  ],
  groups: {
    platform: platformOption,
    progress: progressOption,
    output: outputOption(['text', 'json']),
    places: registryOptions,
  },
  run: async (io, [source = '', destination = ''], { platform, progress, output, places }) => {
    keepHeapSteady()
    const from = await places.open(source)
    const to = await places.openTarget(destination)
    const copied = await writeTarget(
      to,
      async () =>
        await copyImage(from, to, {
          ...(platform !== undefined && { platform }),
          ...progress,
          ...places.call,
        }),
      places.call,
    ).finally(progress.end)
    const result = { from, to, copied }
    await io.writeOut(output.format === 'json' ? copiedDocument([result]) : copiedText(result))
    return 0
  },
})
