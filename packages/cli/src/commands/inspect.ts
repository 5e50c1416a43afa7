import {
  inspectImage,
  judgedWithBase,
  judgeInspection,
  verifyBase,
  type InspectionJudgement,
} from '@assay/core'
import { defineCommand, type Mount, type OptionGroup } from '../define-command.ts'
import type { ExitCode } from '../exit-code.ts'
import { inspectionFormats, inspectionOutput } from '../inspection-output.ts'
import { baseOption } from '../options/base.ts'
import { switchFlag } from '../options/flag.ts'
import { demandOptions } from '../options/inspection-demand.ts'
import { outputOption } from '../options/output.ts'
import { platformOption } from '../options/platform.ts'
import { flagOf, textOf } from '../options/raw.ts'
import { registryOptions } from '../options/registry.ts'
import { readingProgressOption } from '../options/reading-progress.ts'
import { rememberedFactsOption } from '../options/remembered-facts.ts'
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

const exitCodes: Readonly<Record<InspectionJudgement['status'], ExitCode>> = {
  met: 0,
  unmet: 1,
  undecided: 3,
}

/** `assay inspect`. */
export const inspect: Mount = defineCommand({
  name: 'inspect',
  description: 'Reads every layer of an image and says what is in it, and whether it is distroless.',
  arguments: [{ name: '<image>', description: 'host/repo[:tag][@digest], or oci:DIR[:tag][@digest]' }],
  examples: [
    { what: 'An image in a registry', line: 'assay inspect gcr.io/distroless/static:nonroot' },
    { what: 'One platform of an OCI layout', line: 'assay inspect --platform linux/arm64 oci:build/image' },
    {
      what: 'As a check in a build: strictly distroless, and nothing of high severity',
      line: 'assay inspect --require-distroless strict --fail-on high oci:build/image',
    },
    {
      what: 'A Node image with what its team answers for',
      line: 'assay inspect --declare node --require-accounted --exceptions exceptions.yaml oci:build/image',
    },
    {
      what: 'Made on this signed base, and on no other',
      line: [
        'assay inspect --base gcr.io/distroless/static:nonroot \\',
        '    --certificate-identity keyless@distroless.iam.gserviceaccount.com \\',
        '    --certificate-oidc-issuer https://accounts.google.com oci:build/image',
      ].join('\n'),
    },
    { what: 'For machines', line: 'assay inspect --output json oci:build/image' },
    { what: 'For code scanning', line: 'assay inspect --output sarif oci:build/image > assay.sarif' },
    {
      what: 'A page to read and to hand on',
      line: 'assay inspect --output html oci:build/image > image.html',
    },
    {
      what: 'With every file of every layer',
      line: 'assay inspect --output json --files oci:build/image',
    },
  ],
  groups: {
    output: outputOption(inspectionFormats),
    files: filesOption,
    demands: demandOptions,
    base: baseOption,
    platform: platformOption,
    remembered: rememberedFactsOption,
    reading: readingProgressOption,
    places: registryOptions,
  },
  run: async (io, [image = ''], options) => {
    const { output, files, demands, base: wanted, platform, remembered, reading, places } = options
    keepHeapSteady()
    const { store, root, name } = await places.open(image)
    const report = await inspectImage(store, root, {
      reference: name,
      ...(platform !== undefined && { platform }),
      files,
      declared: demands.declared,
      exceptions: demands.exceptions,
      ...remembered,
      ...(reading.onProgress !== undefined && { onProgress: reading.onProgress }),
      call: places.call,
    }).finally(reading.end)
    const base =
      wanted === undefined
        ? undefined
        : await verifyBase(report, {
            base: await places.open(wanted.reference),
            demand: wanted.demand,
            call: places.call,
          })
    const judgement = judgedWithBase(judgeInspection(report, demands.demand), base)
    await io.writeOut(inspectionOutput(report, judgement, { ...output, base }))
    return exitCodes[judgement.status]
  },
})
