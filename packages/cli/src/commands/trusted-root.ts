import { defineCommand, defineParent, type Mount } from '../define-command.ts'
import { describedTrustOptions } from '../options/described-trust.ts'
import { outOption } from '../options/out.ts'

const example = {
  what: 'A private Sigstore with a log of the second generation',
  line: [
    'assay trusted-root create --out trusted_root.json \\',
    '    --fulcio url=https://fulcio.acme.example,certificate-chain=fulcio.pem \\',
    '    --rekor url=https://rekor.acme.example,public-key=rekor.pub,start-time=2026-01-01T00:00:00Z,origin=rekor.acme.example \\',
    '    --ctfe url=https://ctfe.acme.example,public-key=ctfe.pub,start-time=2026-01-01T00:00:00Z \\',
    '    --tsa url=https://tsa.acme.example,certificate-chain=tsa.pem',
  ].join('\n'),
}

const create: Mount = defineCommand({
  name: 'create',
  description: 'Writes the TrustedRoot document of a Sigstore instance, for --trusted-root.',
  arguments: [],
  examples: [example],
  groups: { document: describedTrustOptions, out: outOption },
  run: async (_io, _args, { document, out }) => {
    await out.write(document)
    return 0
  },
})

/** `assay trusted-root`. */
export const trustedRoot: Mount = defineParent(
  {
    name: 'trusted-root',
    description: 'Describes whom verifiers of a private Sigstore trust.',
    examples: [example],
  },
  [create],
)
