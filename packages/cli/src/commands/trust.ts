import { renderTrust, trustDocument } from '@assay/core'
import { defineCommand, type Mount } from '../define-command.ts'
import { outputOption } from '../options/output.ts'
import { trustOptions } from '../options/trust.ts'
import { jsonText } from '../json-text.ts'

/** `assay trust`. */
export const trust: Mount = defineCommand({
  name: 'trust',
  description: 'Shows which authorities and logs are trusted, and until when.',
  arguments: [],
  examples: [
    { what: 'The public-good root, brought up to date', line: 'assay trust' },
    { what: 'The root that is used without a network', line: 'assay trust --offline' },
    { what: 'A root of your own, for machines', line: 'assay trust --trusted-root root.json --output json' },
  ],
  groups: { trust: trustOptions, output: outputOption(['text', 'json']) },
  run: async (io, _, { trust: source, output }) => {
    const root = await source.load()
    await io.writeOut(
      output.format === 'json' ? jsonText(trustDocument(root, io.now)) : renderTrust(root, io.now),
    )
    return 0
  },
})
