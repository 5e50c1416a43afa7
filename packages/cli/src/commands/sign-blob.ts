import { signBlob } from '@assay/core'
import { digestOf } from '@assay/registry'
import { defineCommand, type Mount } from '../define-command.ts'
import { bundleFileOption } from '../options/bundle-file.ts'
import { outputOption } from '../options/output.ts'
import { signingOptions } from '../options/signing.ts'
import { verboseOption } from '../options/trace.ts'
import { readBlob } from '../read-blob.ts'
import { reportBlob } from '../signed-output.ts'

/** `assay sign-blob`. */
export const signBlobCommand: Mount = defineCommand({
  name: 'sign-blob',
  description: 'Signs a file, verifies the signature, and writes it as a Sigstore bundle beside it.',
  arguments: [{ name: '<file>', description: 'the file to sign; - reads stdin' }],
  examples: [
    { what: 'With a key', line: 'assay sign-blob --key release.key --bundle app.tar.sigstore.json app.tar' },
    {
      what: 'Keyless, in a pipeline that hands out identity tokens',
      line: 'assay sign-blob --yes --bundle app.tar.sigstore.json app.tar',
    },
  ],
  groups: {
    file: bundleFileOption,
    signing: signingOptions,
    output: outputOption(['text', 'json']),
    verbose: verboseOption,
  },
  run: async (io, [name = ''], { file, signing, output }) => {
    const artifact = await readBlob(io, name)
    const signed = await signBlob(artifact, signing, { signal: io.signal })
    await reportBlob(io, { name, subject: digestOf(artifact), file, signed, format: output.format })
    return 0
  },
})
