import { attachedTree } from '@assay/core'
import { defineCommand, type Mount } from '../define-command.ts'
import { outputOption } from '../options/output.ts'
import { registryOptions } from '../options/registry.ts'
import { treeDocument, treeText } from '../tree-output.ts'

/** `assay tree`. */
export const tree: Mount = defineCommand({
  name: 'tree',
  description:
    'Shows what is attached to an image and to its platforms: signatures, attestations and other referrers, with what they say about themselves. Verifies nothing.',
  arguments: [{ name: '<image>', description: 'host/repo[:tag][@digest], or oci:DIR[:tag][@digest]' }],
  examples: [
    { what: 'What hangs on an image', line: 'assay tree registry.example/app:1.0' },
    { what: 'For machines', line: 'assay tree --output json oci:build/image' },
  ],
  groups: { output: outputOption(['text', 'json']), places: registryOptions },
  run: async (io, [image = ''], { output, places }) => {
    const { store, root, name } = await places.open(image)
    const found = await attachedTree(store, root, places.call)
    await io.writeOut(output.format === 'json' ? treeDocument(name, found) : treeText(name, found))
    return 0
  },
})
