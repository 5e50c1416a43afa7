import { execFile } from 'node:child_process'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { runCli } from '../support/cli.ts'
import { plainImage, workspace } from '../support/workspace.ts'

const run = promisify(execFile)
const cliPackage = resolve(import.meta.dirname, '../../packages/cli')

describe('the packed CLI', () => {
  it(
    'installs into an empty folder and runs from anywhere with relative paths',
    { timeout: 120_000 },
    async () => {
      await using place = await workspace()
      await run('pnpm', ['pack', '--ignore-scripts', '--pack-destination', place.directory], {
        cwd: cliPackage,
      })
      const [tarball] = (await readdir(place.directory)).filter((name) => name.endsWith('.tgz'))
      await mkdir(place.path('empty'))
      await run(
        'npm',
        [
          'install',
          '--prefix',
          place.path('empty'),
          '--offline',
          '--no-audit',
          '--no-fund',
          place.path(tarball ?? ''),
        ],
        {
          cwd: place.path('empty'),
        },
      )
      const installed = place.path('empty/node_modules/@assay/cli')
      // Nothing but the bundle and its description: no sources, no tests, no dependency to fetch.
      expect((await readdir(installed)).toSorted()).toEqual([
        'LICENSE',
        'README.md',
        'bundle',
        'package.json',
      ])
      expect(await readdir(place.path('empty/node_modules'))).not.toContain('commander')

      const { version } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8'))
      const cli = join(installed, 'bundle/assay.js')
      expect(await runCli(['--version'], { cli })).toMatchObject({ code: 0, stdout: `${version}\n` })

      await place.image('image', plainImage)
      await mkdir(place.path('deep/er'), { recursive: true })
      const inspected = await runCli(['inspect', 'oci:../../image:test'], { cli, cwd: place.path('deep/er') })
      expect(inspected).toMatchObject({ code: 0, stderr: '' })
      const keys = await runCli(['keys', 'generate'], {
        cli,
        cwd: place.path('deep'),
        env: { COSIGN_PASSWORD: '' },
      })
      expect(keys.code).toBe(0)
      expect((await readdir(place.path('deep'))).toSorted()).toEqual(['cosign.key', 'cosign.pub', 'er'])
    },
  )
})
