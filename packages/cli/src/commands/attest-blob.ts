import { basename } from 'node:path'
import { attestBlob } from '@assay/core'
import { digestOf, isDigest } from '@assay/registry'
import { defineCommand, type Mount } from '../define-command.ts'
import { bundleFileOption } from '../options/bundle-file.ts'
import { claimOptions } from '../options/claim.ts'
import { outputOption } from '../options/output.ts'
import { signingOptions } from '../options/signing.ts'
import { verboseOption } from '../options/trace.ts'
import { readBlob } from '../read-blob.ts'
import { reportBlob } from '../signed-output.ts'

/** `assay attest-blob`. */
export const attestBlobCommand: Mount = defineCommand({
  name: 'attest-blob',
  description: 'Signs a statement about a file, verifies it, and writes it as a Sigstore bundle.',
  arguments: [{ name: '<file>', description: 'the file that it is about, or its digest sha256:…' }],
  examples: [
    {
      what: 'Attest the SBOM of a file with a key',
      line: 'assay attest-blob --key release.key --type cyclonedx --predicate sbom.cdx.json --bundle app.sbom.sigstore.json app.tar',
    },
    {
      what: 'About a file that is elsewhere',
      line: 'assay attest-blob --key release.key --predicate review.json --bundle review.sigstore.json sha256:…',
    },
  ],
  groups: {
    file: bundleFileOption,
    claim: claimOptions,
    signing: signingOptions,
    output: outputOption(['text', 'json']),
    verbose: verboseOption,
  },
  run: async (io, [name = ''], { file, claim, signing, output }) => {
    const subject = isDigest(name) ? name : digestOf(await readBlob(io, name))
    const statement =
      'bytes' in claim ? claim : { ...claim, subjectName: isDigest(name) ? '' : basename(name) }
    const signed = await attestBlob(subject, { ...signing, statement }, { signal: io.signal })
    await reportBlob(io, { name, subject, file, signed, format: output.format })
    return 0
  },
})
