import { makeSbom, writtenSbomFormats, type WrittenSbomFormat } from '@assay/core'
import { redact } from '@assay/registry'
import { defineCommand, type Mount, type OptionGroup } from '../define-command.ts'
import { choiceFlag, switchFlag, valueFlag } from '../options/flag.ts'
import { platformOption } from '../options/platform.ts'
import { flagOf, textOf } from '../options/raw.ts'
import { readingProgressOption } from '../options/reading-progress.ts'
import { registryOptions } from '../options/registry.ts'
import { rememberedFactsOption } from '../options/remembered-facts.ts'
import { sourceDateOption } from '../options/source-date.ts'
import { keepHeapSteady } from '../steady-heap.ts'
import { version } from '../version.ts'
import { writeNamedFile } from '../write-file.ts'

interface SbomOutput {
  readonly format: WrittenSbomFormat
  /** Where it goes; stdout without. */
  readonly file: string | undefined
  readonly allowIncomplete: boolean
}

const sbomOutput: OptionGroup<SbomOutput> = {
  flags: () => [
    choiceFlag('--format <format>', 'CycloneDX 1.6 or SPDX 2.3', writtenSbomFormats).default(
      'cyclonedx-json',
    ),
    valueFlag('--output-file <file>', 'write it to this file instead of stdout'),
    switchFlag(
      '--allow-incomplete',
      'where not everything can be read, make an SBOM that says what is missing',
    ),
  ],
  parse: (raw) => ({
    format: writtenSbomFormats.find((format) => format === textOf(raw, 'format')) ?? 'cyclonedx-json',
    file: textOf(raw, 'outputFile'),
    allowIncomplete: flagOf(raw, 'allowIncomplete'),
  }),
}

/** `assay sbom`. */
export const sbom: Mount = defineCommand({
  name: 'sbom',
  description: 'Lists the software in an image, with the layer that brought it, as CycloneDX or SPDX.',
  arguments: [{ name: '<image>', description: 'host/repo[:tag][@digest], or oci:DIR[:tag][@digest]' }],
  examples: [
    { what: 'CycloneDX on stdout', line: 'assay sbom registry.example/app@sha256:…' },
    {
      what: 'SPDX of one platform in a file',
      line: 'assay sbom --format spdx-json --platform linux/arm64 --output-file sbom.spdx.json oci:build/image',
    },
    {
      what: 'Made and signed in one run',
      line: 'assay attest --key release.key --type cyclonedx --generate-sbom registry.example/app@sha256:…',
    },
  ],
  groups: {
    output: sbomOutput,
    created: sourceDateOption,
    platform: platformOption,
    remembered: rememberedFactsOption,
    reading: readingProgressOption,
    places: registryOptions,
  },
  run: async (io, [image = ''], { output, created, platform, remembered, reading, places }) => {
    keepHeapSteady()
    const { store, root, name } = await places.open(image)
    const made = await makeSbom(store, root, {
      reference: name,
      format: output.format,
      toolVersion: version,
      allowIncomplete: output.allowIncomplete,
      ...(created !== undefined && { created }),
      ...(platform !== undefined && { platform }),
      ...remembered,
      ...(reading.onProgress !== undefined && { onProgress: reading.onProgress }),
      call: places.call,
    }).finally(reading.end)
    if (made.gaps.length > 0) await io.writeErr(gapWarning(made.gaps))
    if (output.file === undefined) await io.writeOut(Buffer.from(made.content).toString('utf8'))
    else await writeNamedFile(output.file, made.content)
    return 0
  },
})

function gapWarning(gaps: readonly string[]): string {
  return gaps.map((gap) => `warning: the SBOM is not complete: ${redact(gap)}\n`).join('')
}
