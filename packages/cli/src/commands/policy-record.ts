import { programKey, recordImage, remotePrograms, type GateIo, type Policy } from '@assay/core'
import { redact } from '@assay/registry'
import { defineCommand, type Mount, type OptionGroup } from '../define-command.ts'
import { programSource } from '../gate-io.ts'
import { jsonText } from '../json-text.ts'
import { repeatedFlag, switchFlag, valueFlag } from '../options/flag.ts'
import { outputOption } from '../options/output.ts'
import { demandPolicies } from '../options/policies.ts'
import { flagOf, textOf, textsOf } from '../options/raw.ts'
import { registryOptions } from '../options/registry.ts'
import { trustOptions } from '../options/trust.ts'
import { UsageError } from '../usage-error.ts'

/** The version of the JSON document that `--output json` prints. */
const schema = 'assay.recorded/v1'

interface Record {
  readonly folder: string
  readonly layers: boolean
  readonly sources: readonly string[]
  readonly policies: readonly Policy[]
}

const recordOptions: OptionGroup<Record> = {
  flags: () => [
    valueFlag('--dir <dir>', 'a new folder for the recording'),
    switchFlag('--with-layers', 'record the layers, too: for policies that inspect the image'),
    repeatedFlag('--source <repo>', 'a repository that policies name under source.oci'),
    repeatedFlag('--policy <file>', 'policies whose programs on servers (remote) are recorded, too'),
  ],
  parse: async (raw, io) => {
    const folder = textOf(raw, 'dir') ?? ''
    if (folder === '') throw new UsageError('USAGE', '--dir is missing', { expected: '--dir DIR' })
    const files = textsOf(raw, 'policy')
    return {
      folder,
      layers: flagOf(raw, 'withLayers'),
      sources: [...new Set(textsOf(raw, 'source'))],
      policies: files.length === 0 ? [] : (await demandPolicies(files, io)).policies,
    }
  },
}

/** `assay policy record`. */
export const policyRecord: Mount = defineCommand({
  name: 'record',
  description:
    'Records an image with its signatures, attestations, trusted root and the time, so that policies can be tested without a network. Everything is kept as it came and verified anew in each test.',
  arguments: [{ name: '<image>', description: 'host/repo[:tag][@digest], or oci:DIR[:tag][@digest]' }],
  examples: [
    {
      what: 'What is needed to decide about signatures',
      line: 'assay policy record --dir tests/recordings/app registry.example/app:1.0',
    },
    {
      what: 'With the programs that policies name by URL',
      line: 'assay policy record --dir tests/recordings/app --policy policy.yaml registry.example/app:1.0',
    },
    {
      what: 'With its layers, and signatures that are kept elsewhere',
      line: 'assay policy record --dir tests/recordings/app --with-layers --source registry.example/signatures registry.example/app:1.0',
    },
  ],
  groups: {
    record: recordOptions,
    trust: trustOptions,
    output: outputOption(['text', 'json']),
    places: registryOptions,
  },
  run: async (io, [image = ''], { record, trust, output, places }) => {
    const opened = await places.open(image)
    const sources = await Promise.all(
      record.sources.map(async (repository) => ({
        repository,
        store: await places.openPlace(repository),
      })),
    )
    const { folder, layers } = record
    const programs = await programTexts(record.policies, programSource(places, trust))
    const manifest = await recordImage(opened, {
      named: image,
      folder,
      layers,
      sources,
      programs,
      now: io.now,
      trustRoot: await trust.document(),
      ...places.call,
    })
    const { digest, recordedAt, programs: kept } = manifest
    const text = [
      `RECORDED ${opened.name}`,
      `  in       ${folder}${layers ? '' : ', without layers'}`,
      `  time     ${recordedAt.toISOString()}`,
      ...kept.map((program) => `  program  ${program}`),
    ]
    await io.writeOut(
      output.format === 'json'
        ? jsonText({
            schema,
            ok: true,
            folder,
            image,
            digest,
            layers,
            programs: kept,
            recordedAt: recordedAt.toISOString(),
          })
        : `${text.map((line) => redact(line)).join('\n')}\n`,
    )
    return 0
  },
})

/** Each program once, before anything is written: what is only half there is no recording. */
async function programTexts(
  policies: readonly Policy[],
  ask: NonNullable<GateIo['program']>,
): Promise<readonly string[]> {
  const wanted = new Map(policies.flatMap(remotePrograms).map((program) => [programKey(program), program]))
  return await Promise.all([...wanted.values()].map(ask))
}
