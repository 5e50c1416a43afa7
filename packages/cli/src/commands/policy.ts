import { policyLintDocument, renderPolicyLint } from '@assay/core'
import { defineCommand, defineParent, type Mount } from '../define-command.ts'
import { jsonText } from '../json-text.ts'
import { outputOption } from '../options/output.ts'
import { readPolicies } from '../options/policies.ts'
import { policyRecord } from './policy-record.ts'
import { policyTest } from './policy-test.ts'

/** `assay policy lint`. */
const lint: Mount = defineCommand({
  name: 'lint',
  description:
    'Reads policy files as the gate and a cluster do. Exit code 0: all accepted; 2: something is wrong. Warnings are about what is legal and probably not meant.',
  arguments: [{ name: '<file...>', description: 'ClusterImagePolicy and TrustRoot documents (YAML)' }],
  examples: [
    { what: 'Every problem and warning, with line and column', line: 'assay policy lint policies/*.yaml' },
    { what: 'For machines', line: 'assay policy lint --output json policy.yaml' },
  ],
  groups: { output: outputOption(['text', 'json']) },
  run: async (io, files, { output }) => {
    const found = await readPolicies(files, 'policy lint')
    await io.writeOut(
      output.format === 'json' ? jsonText(policyLintDocument(found)) : renderPolicyLint(found),
    )
    return found.problems.length === 0 ? 0 : 2
  },
})

/** `assay policy`. */
export const policy: Mount = defineParent(
  {
    name: 'policy',
    description: 'Checks and tests policies before a gate or a cluster uses them.',
    examples: [
      { what: 'Is this policy right?', line: 'assay policy lint policy.yaml' },
      {
        what: 'Record an image, then test what policies say about it, without a network',
        line: [
          'assay policy record --dir tests/recordings/app registry.example/app:1.0',
          '  assay policy test tests',
        ].join('\n'),
      },
    ],
  },
  [lint, policyTest, policyRecord],
)
