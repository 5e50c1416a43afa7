import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runCli } from '../support/cli.ts'
import { corpus } from '../support/corpora.ts'
import { password, plainImage, services, workspace } from '../support/workspace.ts'

const root = resolve(import.meta.dirname, '../..')
const images = corpus('github-signed-images')

/** The `assay` command lines of the README's code blocks, in their order. */
async function commands(): Promise<readonly (readonly string[])[]> {
  const text = await readFile(resolve(root, 'README.md'), 'utf8')
  const blocks = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map((match) => match[1] ?? '')
  return blocks
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.startsWith('assay '))
    .map((line) => line.split(/\s+/).slice(1))
}

describe('the README', () => {
  it(
    'its commands work as written, on a local image and a local Sigstore',
    { timeout: 120_000 },
    async () => {
      await using place = await workspace()
      await using sigstore = await services(place)
      const image = await place.image('image', plainImage)
      await place.write('sbom.cdx.json', '{"bomFormat":"CycloneDX","specVersion":"1.6"}')
      const done: string[] = []
      for (const [command = '', ...args] of await commands()) {
        if (args.includes('slsaprovenance')) continue // the test below
        if (command === 'gate') await place.write('policy.yaml', policyFor(await place.read('release.pub')))
        const line = args.map((word) => (word.startsWith('registry.example/') ? image.reference : word))
        const flags = command === 'sign' || command === 'attest' ? sigstore.sign : []
        const trust = command === 'verify' || command === 'gate' ? sigstore.verify : []
        const result = await runCli([command, ...line, ...flags, ...trust], {
          cwd: place.directory,
          env: password,
        })
        expect(result.code, `assay ${command} ${args.join(' ')}\n${result.stderr}${result.stdout}`).toBe(0)
        done.push(command)
      }
      expect(done).toEqual(['inspect', 'keys', 'sign', 'attest', 'verify', 'gate'])
    },
  )

  it.skipIf(images === undefined)('its audit of a real image works as written', async () => {
    const layout = join(images ?? '', 'v1.10.0/container_workflow_dispatch')
    const digest = (await readFile(`${layout}.digest`, 'utf8')).trim()
    const audits = (await commands()).filter((line) => line.includes('slsaprovenance'))
    expect(audits).toHaveLength(1)
    for (const line of audits) {
      const local = line.map((word) =>
        word.startsWith('registry.example/') ? `oci:${layout}@${digest}` : word,
      )
      const result = await runCli([...local, '--offline'])
      expect(result.code, result.stderr + result.stdout).toBe(0)
      expect(result.stdout).toContain('slsa-framework/example-package')
    }
  })

  it('names no file that is not there', async () => {
    const text = await readFile(resolve(root, 'README.md'), 'utf8')
    const links = [...text.matchAll(/\]\(([^)#:]+)\)/g)].map((match) => match[1] ?? '')
    expect(links.length).toBeGreaterThan(4)
    for (const link of links.filter((name) => !name.endsWith('/'))) await readFile(resolve(root, link))
  })
})

function policyFor(publicKey: string): string {
  return `apiVersion: assay.dev/v1alpha1
kind: ClusterImagePolicy
metadata: {name: release}
spec:
  images: [{glob: "**"}]
  authorities:
    - name: key
      key:
        data: |
          ${publicKey.trimEnd().replaceAll('\n', '\n          ')}
`
}
