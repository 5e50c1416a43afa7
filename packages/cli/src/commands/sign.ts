import { signImage } from '@assay/core'
import { defineCommand, type Mount, type OptionGroup } from '../define-command.ts'
import { annotationsFlag, annotationsOf } from '../options/content-demand.ts'
import { switchFlag } from '../options/flag.ts'
import { outputOption } from '../options/output.ts'
import { flagOf, textOf } from '../options/raw.ts'
import { registryOptions } from '../options/registry.ts'
import { signaturePlaceOptions } from '../options/signature-place.ts'
import { signingOptions } from '../options/signing.ts'
import { reportSigned } from '../signed-output.ts'
import { UsageError } from '../usage-error.ts'

const annotationOptions: OptionGroup<Readonly<Record<string, string>>> = {
  flags: () => [annotationsFlag('annotation that the signature carries')],
  parse: annotationsOf,
}

const recursiveOption: OptionGroup<boolean> = {
  flags: () => [switchFlag('-r, --recursive', 'sign every platform of an index, and the index')],
  parse: (raw) => {
    const recursive = flagOf(raw, 'recursive')
    if (recursive && textOf(raw, 'bundle') !== undefined)
      throw new UsageError('USAGE', '--bundle excludes --recursive: one file holds one bundle')
    return recursive
  },
}

/** `assay sign`. */
export const sign: Mount = defineCommand({
  name: 'sign',
  description:
    'Signs images by their digests, verifies the signatures, and attaches them as Sigstore bundles or in cosign’s older form.',
  arguments: [{ name: '<image...>', description: 'host/repo[:tag][@digest], or oci:DIR[:tag][@digest]' }],
  examples: [
    {
      what: 'With a key; its password comes from COSIGN_PASSWORD',
      line: 'assay sign --key release.key registry.example/app@sha256:…',
    },
    {
      what: 'Keyless, in a pipeline that hands out identity tokens: every platform, too',
      line: 'assay sign --yes --recursive registry.example/app@sha256:…',
    },
    {
      what: 'With the services of a private Sigstore',
      line: 'assay sign --signing-config signing_config.json --trusted-root trusted_root.json --identity-token "$TOKEN" registry.example/app:1.0',
    },
    {
      what: 'With a key and no transparency log',
      line: 'assay sign --key release.key --tlog-upload=false oci:build/image',
    },
    {
      what: 'For consumers that read no bundles yet',
      line: 'assay sign --key release.key --signature-format both registry.example/app@sha256:…',
    },
  ],
  groups: {
    recursive: recursiveOption,
    place: signaturePlaceOptions,
    signing: signingOptions,
    annotations: annotationOptions,
    output: outputOption(['text', 'json']),
    places: registryOptions,
  },
  run: async (io, images, { signing, place, annotations, recursive, output, places }) => {
    if (images.length > 1 && place.bundleFile !== undefined)
      throw new UsageError('USAGE', '--bundle takes one image: one file holds one bundle')
    for (const name of images) {
      const image = await places.open(name)
      const signed = await signImage(
        { store: image.store, subject: image.root },
        { ...signing, ...place, annotations, recursive, repository: image.place },
        places.call,
      )
      await reportSigned(io, { image, signed, place, format: output.format })
    }
    return 0
  },
})
