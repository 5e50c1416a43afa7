import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { copyGraph, fetchManifest, memoryStore, openLayout } from '@assay/registry'
import { all } from '@assay/test-support/artifacts'
import { corpus } from '@assay/test-support/corpora'
import { describe, expect, test } from 'vitest'

const images = corpus('github-signed-images')

function place(version: string): string {
  return join(images ?? '', version, 'container_workflow_dispatch')
}

describe.skipIf(images === undefined)('directories that cosign save wrote', () => {
  test.each(['v1.5.0', 'v1.10.0', 'v2.1.0'])(
    '%s: the image is found without a name, its attestations by their tag',
    async (version) => {
      const layout = openLayout(place(version))
      const image = await layout.resolve('')
      expect(image.digest).toBe((await readFile(`${place(version)}.digest`, 'utf8')).trim())
      const tag = image.digest.replace(':', '-')
      const attestations = await fetchManifest(layout, await layout.resolve(`${tag}.att`))
      expect(attestations.kind === 'manifest' && attestations.layers[0]?.mediaType).toBe(
        'application/vnd.dsse.envelope.v1+json',
      )
      await expect(layout.resolve(`${tag}.sig`)).rejects.toMatchObject({ code: 'NOT_FOUND' })
      await expect(layout.resolve(`sha256-${'0'.repeat(64)}.att`)).rejects.toMatchObject({
        code: 'NOT_FOUND',
      })
      expect(await all(layout.referrers(image.digest))).toEqual([])
    },
  )

  test.each(['v1.5.0', 'v1.10.0', 'v2.1.0'])(
    '%s: every blob that the attestations name is whole',
    async (version) => {
      const layout = openLayout(place(version))
      const { digest } = await layout.resolve('')
      const target = memoryStore()
      const root = await layout.resolve(`${digest.replace(':', '-')}.att`)
      await copyGraph(layout, target, { root, referrers: false })
      expect(await target.has(root)).toBe(true)
    },
  )
})
