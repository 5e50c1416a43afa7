import {
  attachAttestation,
  attachBundleFile,
  attachSbom,
  attachSignature,
  sbomFormatOf,
  type AttachedFile,
  type OpenedImage,
  type SbomFormat,
} from '@assay/core'
import { attachedDocument, attachedText } from '../attached-output.ts'
import { defineCommand, defineParent, type Mount, type OptionGroup } from '../define-command.ts'
import type { Io } from '../io.ts'
import { choiceFlag, repeatedFlag, valueFlag } from '../options/flag.ts'
import { outputOption, type Output } from '../options/output.ts'
import { textOf, textsOf } from '../options/raw.ts'
import { registryOptions, type Places } from '../options/registry.ts'
import { signaturePiecesOption } from '../options/signature-pieces.ts'
import { readNamedFile } from '../read-file.ts'
import { UsageError } from '../usage-error.ts'

/** cosign's own limit for an attachment, in bytes. */
const maxAttachment = 128 * 1024 * 1024

const image = { name: '<image>', description: 'host/repo[:tag][@digest], or oci:DIR[:tag][@digest]' }
const shared = { output: outputOption(['text', 'json']), places: registryOptions }

const filesOption = (flag: string, description: string): OptionGroup<readonly Uint8Array[]> => ({
  flags: () => [repeatedFlag(`--${flag} <file>`, description)],
  parse: async (raw) => {
    const paths = textsOf(raw, flag)
    if (paths.length === 0) throw new UsageError('USAGE', `--${flag} is missing`)
    return await Promise.all(paths.map(async (path) => await readNamedFile(path, `--${flag}`, maxAttachment)))
  },
})

/** Opens the image, attaches, and says where. */
async function attachTo(
  {
    io,
    named,
    output,
    places,
  }: {
    readonly io: Io
    readonly named: string
    readonly output: Output<'text' | 'json'>
    readonly places: Places
  },
  work: (opened: OpenedImage) => Promise<readonly AttachedFile[]>,
): Promise<0> {
  const opened = await places.open(named)
  const files = await work(opened)
  await io.writeOut(
    output.format === 'json' ? attachedDocument(opened.name, files) : attachedText(opened.name, files),
  )
  return 0
}

async function inOrder<T>(
  items: readonly T[],
  work: (item: T) => Promise<AttachedFile>,
): Promise<readonly AttachedFile[]> {
  const done: AttachedFile[] = []
  for (const item of items) done.push(await work(item))
  return done
}

const bundle = defineCommand({
  name: 'bundle',
  description: 'Attaches Sigstore bundles that were made elsewhere, as referrers.',
  arguments: [image],
  examples: [
    {
      what: 'A bundle that was signed on another machine',
      line: 'assay attach bundle --bundle app.sigstore.json registry.example/app@sha256:…',
    },
  ],
  groups: { files: filesOption('bundle', 'a Sigstore bundle'), ...shared },
  run: async (io, [named = ''], { files, output, places }) =>
    await attachTo({ io, named, output, places }, async (opened) =>
      inOrder(files, async (bytes) => await attachBundleFile(opened, { bytes, now: io.now }, places.call)),
    ),
})

const signature = defineCommand({
  name: 'signature',
  description: 'Attaches a signature in cosign’s older form, from its pieces.',
  arguments: [image],
  examples: [
    {
      what: 'A payload that was signed by other means',
      line: 'assay attach signature --payload payload.json --signature payload.sig registry.example/app@sha256:…',
    },
  ],
  groups: { pieces: signaturePiecesOption, ...shared },
  run: async (io, [named = ''], { pieces, output, places }) =>
    await attachTo({ io, named, output, places }, async (opened) => [
      await attachSignature(opened, pieces, places.call),
    ]),
})

const attestation = defineCommand({
  name: 'attestation',
  description: 'Attaches DSSE envelopes in cosign’s older form; a file may hold one a line.',
  arguments: [image],
  examples: [
    {
      what: 'A provenance that the builder signed',
      line: 'assay attach attestation --attestation provenance.intoto.jsonl registry.example/app@sha256:…',
    },
  ],
  groups: { files: filesOption('attestation', 'a DSSE envelope, or one a line'), ...shared },
  run: async (io, [named = ''], { files, output, places }) =>
    await attachTo({ io, named, output, places }, async (opened) =>
      inOrder(files.flatMap(envelopesIn), async (each) => await attachAttestation(opened, each, places.call)),
    ),
})

/** One document, or one a line. */
function envelopesIn(bytes: Uint8Array): readonly Uint8Array[] {
  const lines = Buffer.from(bytes)
    .toString('utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
  const areDocuments =
    lines.length > 1 && lines.every((line) => line.startsWith('{') && line.trimEnd().endsWith('}'))
  return areDocuments ? lines.map((line) => Buffer.from(line)) : [bytes]
}

interface Sbom {
  readonly bytes: Uint8Array
  readonly format: SbomFormat
  readonly legacy: boolean
}

const sbomOption: OptionGroup<Sbom> = {
  flags: () => [
    valueFlag('--sbom <file>', 'the SBOM'),
    choiceFlag('--type <type>', 'what it has to be (default: what it says)', ['spdx', 'cyclonedx', 'syft']),
    choiceFlag('--input-format <format>', 'the form it has to have', ['json', 'xml', 'text']),
    choiceFlag('--registry-referrers-mode <mode>', 'as a referrer, or under cosign’s .sbom tag', [
      'oci-1-1',
      'legacy',
    ]).default('oci-1-1'),
  ],
  parse: async (raw) => {
    const path = textOf(raw, 'sbom')
    if (path === undefined) throw new UsageError('USAGE', '--sbom is missing')
    const bytes = await readNamedFile(path, '--sbom', maxAttachment)
    const format = sbomFormatOf(bytes)
    const [type = '', form = ''] = [textOf(raw, 'type'), textOf(raw, 'inputFormat')]
    const isMeant = format?.startsWith(type) === true && format.endsWith(form)
    if (format === undefined || !isMeant)
      throw new UsageError('USAGE', 'the file is not the SBOM that it should be', {
        on: path,
        expected: [type === '' ? 'SPDX, CycloneDX or Syft' : type, form].join(' ').trim(),
        got: format ?? 'a format that is unknown here',
      })
    return { bytes, format, legacy: textOf(raw, 'registryReferrersMode') === 'legacy' }
  },
}

const sbom = defineCommand({
  name: 'sbom',
  description: 'Attaches an SBOM as it is, unsigned. "assay attest" signs one.',
  arguments: [image],
  examples: [
    {
      what: 'An SBOM of the build',
      line: 'assay attach sbom --sbom sbom.spdx.json registry.example/app@sha256:…',
    },
  ],
  groups: { file: sbomOption, ...shared },
  run: async (io, [named = ''], { file, output, places }) =>
    await attachTo({ io, named, output, places }, async (opened) => [
      await attachSbom(opened, { ...file, now: io.now }, places.call),
    ]),
})

/** `assay attach`. */
export const attach: Mount = defineParent(
  {
    name: 'attach',
    description:
      'Attaches what was made elsewhere to an image. Nothing is verified but that it is about the image.',
    examples: [
      {
        what: 'A bundle that was signed on another machine',
        line: 'assay attach bundle --bundle app.sigstore.json registry.example/app@sha256:…',
      },
    ],
  },
  [bundle, signature, attestation, sbom],
)
