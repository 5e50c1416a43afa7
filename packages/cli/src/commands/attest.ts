import { attestImage, predicateAliases } from '@assay/core'
import { defineCommand, type Mount, type OptionGroup } from '../define-command.ts'
import { valueFlag } from '../options/flag.ts'
import { outputOption } from '../options/output.ts'
import { textOf } from '../options/raw.ts'
import { registryOptions } from '../options/registry.ts'
import { signingOptions } from '../options/signing.ts'
import { readNamedFile } from '../read-file.ts'
import { signedDocument, signedText } from '../signed-output.ts'
import { UsageError } from '../usage-error.ts'

/** The largest predicate that is signed, in bytes. */
const maxPredicate = 128 * 1024 * 1024

interface Predicate {
  readonly type: string
  readonly predicate: Uint8Array
}

const predicateOptions: OptionGroup<Predicate> = {
  flags: () => [
    valueFlag('--predicate <file>', 'the predicate: what is said about the image'),
    valueFlag(
      '--type <type>',
      `the predicate's type: a URI, or ${predicateAliases.join(', ')} (default: "custom")`,
    ),
  ],
  parse: async (raw) => {
    const file = textOf(raw, 'predicate')
    if (file === undefined)
      throw new UsageError('USAGE', '--predicate is missing', {
        hint: 'name the file that holds the predicate',
      })
    return {
      type: textOf(raw, 'type') ?? 'custom',
      predicate: await readNamedFile(file, '--predicate', maxPredicate),
    }
  },
}

/** `assay attest`. */
export const attest: Mount = defineCommand({
  name: 'attest',
  description:
    'Signs a statement about an image (an SBOM, a report), verifies it, and attaches it as a Sigstore bundle.',
  arguments: [{ name: '<image>', description: 'host/repo[:tag][@digest], or oci:DIR[:tag][@digest]' }],
  examples: [
    {
      what: 'Attest a CycloneDX SBOM with a key',
      line: 'assay attest --key release.key --type cyclonedx --predicate sbom.cdx.json registry.example/app@sha256:…',
    },
    {
      what: 'Attest anything under a type of your own, keyless',
      line: 'assay attest --type https://acme.example/review/v1 --predicate review.json registry.example/app@sha256:…',
    },
  ],
  groups: {
    predicate: predicateOptions,
    signing: signingOptions,
    output: outputOption(['text', 'json']),
    places: registryOptions,
  },
  run: async (io, [image = ''], { predicate, signing, output, places }) => {
    const { store, root, name, place } = await places.open(image)
    const signed = await attestImage(
      { store, subject: root },
      { ...signing, ...predicate, subjectName: place },
      places.call,
    )
    await io.writeOut(output.format === 'json' ? signedDocument(name, signed) : signedText(name, signed))
    return 0
  },
})
