import { inspectImage, renderInspection } from '@assay/core'
import { defineCommand, type Mount } from '../define-command.ts'
import { outputOption } from '../options/output.ts'
import { platformOption } from '../options/platform.ts'
import { registryOptions } from '../options/registry.ts'

/** `assay inspect`. */
export const inspect: Mount = defineCommand({
  name: 'inspect',
  description: 'Reads every layer of an image and says what is in it, and whether it is distroless.',
  arguments: [{ name: '<image>', description: 'host/repo[:tag][@digest], or oci:DIR[:tag][@digest]' }],
  examples: [
    { what: 'An image in a registry', line: 'assay inspect gcr.io/distroless/static:nonroot' },
    { what: 'One platform of an OCI layout', line: 'assay inspect --platform linux/arm64 oci:build/image' },
    { what: 'For machines', line: 'assay inspect --output json oci:build/image' },
  ],
  groups: { output: outputOption(['text', 'json']), platform: platformOption, places: registryOptions },
  run: async (io, [image = ''], { output, platform, places }) => {
    const { store, root, name } = await places.open(image)
    const report = await inspectImage(store, root, {
      reference: name,
      ...(platform !== undefined && { platform }),
      call: places.call,
    })
    await io.writeOut(
      output.format === 'json' ? `${JSON.stringify(report, null, 2)}\n` : renderInspection(report, output),
    )
    return report.verdict === 'undecidable' ? 3 : 0
  },
})
