import { attestImage } from '@assay/core'
import { defineCommand, type Mount } from '../define-command.ts'
import { attestSboms } from '../attest-sbom.ts'
import { imageClaimOptions } from '../options/image-claim.ts'
import { outputOption } from '../options/output.ts'
import { registryOptions } from '../options/registry.ts'
import { signaturePlaceOptions } from '../options/signature-place.ts'
import { signingOptions } from '../options/signing.ts'
import { sourceDateOption } from '../options/source-date.ts'
import { reportSigned } from '../signed-output.ts'

/** `assay attest`. */
export const attest: Mount = defineCommand({
  name: 'attest',
  description: 'Signs a statement about an image (an SBOM, a report), verifies it, and attaches it.',
  arguments: [{ name: '<image>', description: 'host/repo[:tag][@digest], or oci:DIR[:tag][@digest]' }],
  examples: [
    {
      what: 'Attest a CycloneDX SBOM with a key',
      line: 'assay attest --key release.key --type cyclonedx --predicate sbom.cdx.json registry.example/app@sha256:…',
    },
    {
      what: 'Make the SBOM and sign it in one run',
      line: 'assay attest --key release.key --type cyclonedx --generate-sbom registry.example/app@sha256:…',
    },
    {
      what: 'Attest anything under a type of your own, keyless',
      line: 'assay attest --type https://acme.example/review/v1 --predicate review.json registry.example/app@sha256:…',
    },
    {
      what: 'Sign a statement that another tool made',
      line: 'assay attest --key release.key --statement statement.json registry.example/app@sha256:…',
    },
  ],
  groups: {
    place: signaturePlaceOptions,
    claim: imageClaimOptions,
    created: sourceDateOption,
    signing: signingOptions,
    output: outputOption(['text', 'json']),
    places: registryOptions,
  },
  run: async (io, [name = ''], { place, claim, created, signing, output, places }) => {
    const image = await places.open(name)
    const signed =
      'generate' in claim
        ? await attestSboms(io, { image, claim, signing, place, created }, places.call)
        : await attestImage(
            { store: image.store, subject: image.root },
            {
              ...signing,
              ...place,
              statement: 'bytes' in claim ? claim : { ...claim, subjectName: image.place },
            },
            places.call,
          )
    await reportSigned(io, { image, signed, place, format: output.format })
    return 0
  },
})
