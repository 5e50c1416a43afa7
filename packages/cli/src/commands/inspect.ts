import { inspectImage, renderInspection } from '@assay/core'
import { defineCommand, type Mount, type OptionGroup } from '../define-command.ts'
import { switchFlag } from '../options/flag.ts'
import { outputOption } from '../options/output.ts'
import { platformOption } from '../options/platform.ts'
import { flagOf, textOf } from '../options/raw.ts'
import { registryOptions } from '../options/registry.ts'
import { keepHeapSteady } from '../steady-heap.ts'
import { UsageError } from '../usage-error.ts'

const filesOption: OptionGroup<boolean> = {
  flags: () => [switchFlag('--files', 'with --output json: list every file of every layer in the report')],
  parse: (raw) => {
    const files = flagOf(raw, 'files')
    if (files && textOf(raw, 'output') !== 'json')
      throw new UsageError('USAGE', '--files needs --output json', {
        hint: 'for people, `assay ls --layers` prints the same files',
      })
    return files
  },
}

/** `assay inspect`. */
export const inspect: Mount = defineCommand({
  name: 'inspect',
  description: 'Reads every layer of an image and says what is in it, and whether it is distroless.',
  arguments: [{ name: '<image>', description: 'host/repo[:tag][@digest], or oci:DIR[:tag][@digest]' }],
  examples: [
    { what: 'An image in a registry', line: 'assay inspect gcr.io/distroless/static:nonroot' },
    { what: 'One platform of an OCI layout', line: 'assay inspect --platform linux/arm64 oci:build/image' },
    { what: 'For machines', line: 'assay inspect --output json oci:build/image' },
    {
      what: 'With every file of every layer',
      line: 'assay inspect --output json --files oci:build/image',
    },
  ],
  groups: {
    output: outputOption(['text', 'json']),
    files: filesOption,
    platform: platformOption,
    places: registryOptions,
  },
  run: async (io, [image = ''], { output, files, platform, places }) => {
    keepHeapSteady()
    const { store, root, name } = await places.open(image)
    const report = await inspectImage(store, root, {
      reference: name,
      ...(platform !== undefined && { platform }),
      files,
      call: places.call,
    })
    await io.writeOut(
      output.format === 'json' ? `${JSON.stringify(report, null, 2)}\n` : renderInspection(report, output),
    )
    return report.verdict === 'undecidable' ? 3 : 0
  },
})
