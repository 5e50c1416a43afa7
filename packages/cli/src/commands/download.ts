import { attachedSboms, predicateTypeOf, signedAttachments, type SignedAttachment } from '@assay/core'
import { RegistryError, type Descriptor } from '@assay/registry'
import { defineCommand, defineParent, type Mount, type OptionGroup } from '../define-command.ts'
import { bundleLine, envelopeLine, signatureLine } from '../downloaded-lines.ts'
import type { Io } from '../io.ts'
import { valueFlag } from '../options/flag.ts'
import { platformOption } from '../options/platform.ts'
import { textOf } from '../options/raw.ts'
import { registryOptions, type Places } from '../options/registry.ts'
import { subjectOf } from '../subject-of.ts'
import { UsageError } from '../usage-error.ts'
import { writeNamedFile } from '../write-file.ts'

const image = { name: '<image>', description: 'host/repo[:tag][@digest], or oci:DIR[:tag][@digest]' }

const fileOption: OptionGroup<string | undefined> = {
  flags: () => [valueFlag('--output-file <file>', 'write to this file instead of stdout')],
  parse: (raw) => textOf(raw, 'outputFile'),
}

const predicateOption: OptionGroup<string | undefined> = {
  flags: () => [
    valueFlag('--predicate-type <type>', 'only attestations of this type, by its short name or whole'),
  ],
  parse: (raw) => {
    const type = textOf(raw, 'predicateType')
    return type === undefined ? undefined : predicateTypeOf(type)
  },
}

const shared = { file: fileOption, platform: platformOption, places: registryOptions }

/** One line for each of those that are wanted. */
async function lines(
  from: {
    readonly named: string
    readonly platform: Parameters<typeof subjectOf>[1]
    readonly places: Places
  },
  line: (attachment: SignedAttachment) => string | undefined,
): Promise<Uint8Array> {
  const { named, platform, places } = from
  const opened = await places.open(named)
  const subject = await subjectOf(opened, platform, places.call)
  const found = await signedAttachments(opened.store, subject.digest, places.call)
  const texts = found.map(line).filter((text) => text !== undefined)
  if (texts.length === 0) throw nothing(subject)
  return Buffer.from(texts.map((text) => `${text}\n`).join(''))
}

function nothing(subject: Descriptor): RegistryError {
  return new RegistryError('NOT_FOUND', 'nothing of this kind is attached to the image', {
    on: subject.digest,
    hint: 'assay tree shows what is; --platform looks at one platform of an index',
  })
}

async function write(io: Io, file: string | undefined, content: Uint8Array): Promise<0> {
  if (file === undefined) await io.writeOut(printable(io, content))
  else await writeNamedFile(file, content)
  await io.writeErr('warning: nothing of this was verified\n')
  return 0
}

/** Byte for byte, or not at all: what is no text, and what a terminal would obey, needs a file. */
function printable(io: Io, content: Uint8Array): string {
  const text = Buffer.from(content).toString('utf8')
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  const isHarmful = io.terminal.stdout && /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]|\p{Cf}/u.test(text)
  if (!isHarmful && Buffer.from(text).equals(content)) return text
  throw new UsageError('USAGE', 'this cannot be shown here', { hint: 'give --output-file FILE' })
}

const bundle = defineCommand({
  name: 'bundle',
  description: 'Prints the Sigstore bundles of an image, one a line. Nothing is verified.',
  arguments: [image],
  examples: [{ what: 'All bundles', line: 'assay download bundle registry.example/app:1.0 > bundles.jsonl' }],
  groups: shared,
  run: async (io, [named = ''], { file, platform, places }) =>
    await write(io, file, await lines({ named, platform, places }, bundleLine)),
})

const signature = defineCommand({
  name: 'signature',
  description:
    'Prints the signatures of an image, one a line: bundles as they are, older ones as cosign prints them. Nothing is verified.',
  arguments: [image],
  examples: [
    { what: 'Who claims to have signed', line: 'assay download signature registry.example/app:1.0' },
  ],
  groups: shared,
  run: async (io, [named = ''], { file, platform, places }) =>
    await write(
      io,
      file,
      await lines({ named, platform, places }, (each) =>
        each.claims === 'signature' ? signatureLine(each) : undefined,
      ),
    ),
})

const attestation = defineCommand({
  name: 'attestation',
  description: 'Prints the attestations of an image as DSSE envelopes, one a line. Nothing is verified.',
  arguments: [image],
  examples: [
    {
      what: 'The statement of a provenance',
      line: 'assay download attestation --predicate-type slsaprovenance1 registry.example/app:1.0 | jq -r .payload | base64 -d',
    },
  ],
  groups: { type: predicateOption, ...shared },
  run: async (io, [named = ''], { type, file, platform, places }) =>
    await write(
      io,
      file,
      await lines({ named, platform, places }, (each) =>
        each.claims === 'attestation' && (type === undefined || each.predicateType === type)
          ? envelopeLine(each)
          : undefined,
      ),
    ),
})

const digestOption: OptionGroup<string | undefined> = {
  flags: () => [valueFlag('--digest <digest>', 'which one, by the manifest that assay tree shows')],
  parse: (raw) => textOf(raw, 'digest'),
}

const sbom = defineCommand({
  name: 'sbom',
  description: 'Writes the SBOM that is attached to an image, unsigned, as it is. Nothing is verified.',
  arguments: [image],
  examples: [
    { what: 'Into a file', line: 'assay download sbom --output-file sbom.json registry.example/app:1.0' },
  ],
  groups: { digest: digestOption, ...shared },
  run: async (io, [named = ''], { digest, file, platform, places }) => {
    const opened = await places.open(named)
    const subject = await subjectOf(opened, platform, places.call)
    const found = await attachedSboms(opened.store, subject.digest, places.call)
    const wanted = found.filter(({ manifest }) => digest === undefined || manifest.digest === digest)
    const [first, second] = wanted
    if (first === undefined) throw nothing(subject)
    if (second !== undefined)
      throw new RegistryError('AMBIGUOUS_REFERENCE', 'several SBOMs are attached', {
        on: subject.digest,
        got: wanted.map(({ manifest, mediaType }) => `${manifest.digest} (${mediaType})`).join(', '),
        hint: 'name one with --digest',
      })
    return await write(io, file, first.bytes)
  },
})

/** `assay download`. */
export const download: Mount = defineParent(
  {
    name: 'download',
    description: 'Gives out what is attached to an image, as it is. Nothing is verified.',
    examples: [{ what: 'The bundles of an image', line: 'assay download bundle registry.example/app:1.0' }],
  },
  [bundle, signature, attestation, sbom],
)
