import { defineCommand, defineParent, type Mount } from '../define-command.ts'
import { describedServicesOptions } from '../options/described-services.ts'
import { outOption } from '../options/out.ts'

const example = {
  what: 'A private Sigstore with a log of the second generation',
  line: [
    'assay signing-config create --out signing_config.json \\',
    '    --fulcio url=https://fulcio.acme.example,api-version=1,start-time=2026-01-01T00:00:00Z,operator=acme.example \\',
    '    --rekor url=https://rekor.acme.example,api-version=2,start-time=2026-01-01T00:00:00Z,operator=acme.example \\',
    '    --tsa url=https://tsa.acme.example/api/v1/timestamp,api-version=1,start-time=2026-01-01T00:00:00Z,operator=acme.example',
  ].join('\n'),
}

const create: Mount = defineCommand({
  name: 'create',
  description: 'Writes the SigningConfig document (v0.2) of a Sigstore instance, for --signing-config.',
  arguments: [],
  examples: [example],
  groups: { document: describedServicesOptions, out: outOption },
  run: async (_io, _args, { document, out }) => {
    await out.write(document)
    return 0
  },
})

/** `assay signing-config`. */
export const signingConfig: Mount = defineParent(
  {
    name: 'signing-config',
    description: 'Describes the services of a private Sigstore.',
    examples: [example],
  },
  [create],
)
