import { signImage } from '@assay/core'
import { defineCommand, type Mount, type OptionGroup } from '../define-command.ts'
import { annotationsFlag, annotationsOf } from '../options/content-demand.ts'
import { outputOption } from '../options/output.ts'
import { registryOptions } from '../options/registry.ts'
import { signingOptions } from '../options/signing.ts'
import { signedDocument, signedText } from '../signed-output.ts'

const annotationOptions: OptionGroup<Readonly<Record<string, string>>> = {
  flags: () => [annotationsFlag('annotation that the signature carries')],
  parse: annotationsOf,
}

/** `assay sign`. */
export const sign: Mount = defineCommand({
  name: 'sign',
  description: 'Signs an image by its digest, verifies the signature, and attaches it as a Sigstore bundle.',
  arguments: [{ name: '<image>', description: 'host/repo[:tag][@digest], or oci:DIR[:tag][@digest]' }],
  examples: [
    {
      what: 'With a key; its password comes from COSIGN_PASSWORD',
      line: 'assay sign --key release.key registry.example/app@sha256:…',
    },
    {
      what: 'Keyless, in a pipeline that has an identity token',
      line: 'assay sign --identity-token "$TOKEN" registry.example/app@sha256:…',
    },
    {
      what: 'With the services of a private Sigstore',
      line: 'assay sign --signing-config signing_config.json --trusted-root trusted_root.json --identity-token "$TOKEN" registry.example/app:1.0',
    },
    {
      what: 'With a key and no transparency log',
      line: 'assay sign --key release.key --tlog-upload=false oci:build/image',
    },
  ],
  groups: {
    signing: signingOptions,
    annotations: annotationOptions,
    output: outputOption(['text', 'json']),
    places: registryOptions,
  },
  run: async (io, [image = ''], { signing, annotations, output, places }) => {
    const { store, root, name } = await places.open(image)
    const signed = await signImage({ store, subject: root }, { ...signing, annotations }, places.call)
    await io.writeOut(output.format === 'json' ? signedDocument(name, signed) : signedText(name, signed))
    return 0
  },
})
