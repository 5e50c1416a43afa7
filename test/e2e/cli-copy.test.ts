import { execFile } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { promisify } from 'node:util'
import { openLayout } from '@assay/registry'
import { describe, expect, it } from 'vitest'
import { all } from '../support/artifacts.ts'
import { bundledCli, runCli } from '../support/cli.ts'
import { testRegistry } from '../support/registry.ts'
import { when } from '../support/registry/faults.ts'
import { password, plainImage, workspace, type Workspace } from '../support/workspace.ts'

const run = promisify(execFile)
const tlog = '--insecure-ignore-tlog'

/** A signed image in a layout, and its reference. */
async function signedImage(place: Workspace): Promise<string> {
  const image = await place.image('image', plainImage)
  await place.keys()
  const line = ['sign', '--key', place.path('release.key'), '--tlog-upload=false', image.reference]
  expect(await runCli(line, { env: password })).toMatchObject({ code: 0 })
  return image.reference
}

describe('assay copy, save and load', () => {
  it.each([{ referrersApi: true }, { referrersApi: false }])(
    'carry a signed image through registries (%o) and a directory; it verifies offline at the end',
    async (options) => {
      await using place = await workspace()
      const registry = await testRegistry(options).serve()
      try {
        const source = await signedImage(place)
        const first = `${registry.host}/team/app:1.0`
        const copied = await runCli(['copy', source, first])
        expect(copied).toMatchObject({ code: 0, stderr: '' })
        expect(copied.stdout).toContain('COPIED')
        const second = `${registry.host}/b/c:2`
        const json = await runCli(['copy', '--output', 'json', first, second])
        expect(JSON.parse(json.stdout)).toMatchObject({
          schema: 'assay.copied/v1',
          ok: true,
          images: [{ name: '2', bytes: 0 }],
        })
        const saved = place.path('saved')
        expect(await runCli(['save', '--dir', saved, first, second])).toMatchObject({ code: 0, stderr: '' })
        expect((await all(openLayout(saved).tags())).toSorted()).toEqual([first, second].toSorted())
        await rm(place.path('image'), { recursive: true })

        const verify = ['verify', '--key', place.path('release.pub'), tlog, '--offline']
        const offline = await runCli([...verify, `oci:${saved}:${first}`], { wrapper: ['unshare', '-rn'] })
        expect(offline).toMatchObject({ code: 0 })

        const third = `${registry.host}/inside/app:1`
        expect(await runCli(['load', '--dir', saved, '--name', second, third])).toMatchObject({ code: 0 })
        expect(await runCli([...verify, third])).toMatchObject({ code: 0 })
      } finally {
        await registry.close()
      }
    },
  )

  it('load asks which image, where the directory holds several', async () => {
    await using place = await workspace()
    await place.image('one', plainImage)
    const other = await place.image('two', { ...plainImage, config: { User: '1' } })
    await runCli(['copy', `oci:${place.path('one')}`, `oci:${place.path('both')}:one`])
    await runCli(['copy', other.reference, `oci:${place.path('both')}:two`])
    const result = await runCli(['load', '--dir', place.path('both'), `oci:${place.path('out')}`])
    expect(result.code).toBe(2)
    expect(result.stderr).toContain('[AMBIGUOUS_REFERENCE]')
    expect(result.stderr).toContain('one, two')
  })

  it('what is not there is not copied, and the target is not touched', async () => {
    await using place = await workspace()
    const result = await runCli(['copy', `oci:${place.path('nothing')}`, `oci:${place.path('out')}`])
    expect(result.code).toBe(3)
    expect(result.stderr).toContain('[NOT_FOUND]')
    await expect(openLayout(place.path('out')).resolve('')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})

describe('a copy at a terminal', () => {
  it('tells how much of how much was moved; with --quiet nothing', async () => {
    await using place = await workspace()
    const noise = new Uint8Array(3_000_000).map((_, at) => (at * 2_654_435_761) >>> 13)
    const { reference } = await place.image('image', {
      layers: [{ entries: [{ kind: 'file', path: 'noise', content: noise }], compression: 'none' }],
    })
    const typed = async (...flags: readonly string[]): Promise<string> => {
      const line = [process.execPath, bundledCli, 'copy', ...flags, reference, `oci:${place.path('to')}`]
      return (await run('script', ['-qec', line.join(' '), '/dev/null'])).stdout
    }
    expect(await typed('--quiet')).not.toContain('\u001B[K')
    await rm(place.path('to'), { recursive: true })
    expect(await typed()).toMatch(/ {2}\d parts, [\d.]+ k?M?B of [\d.]+ k?M?B/)
  })
})

describe('a copy that is stopped', () => {
  it('by ctrl-C while pushing has tagged nothing, and leaves with 130', async () => {
    await using place = await workspace()
    const image = await place.image('image', plainImage)
    const registry = testRegistry()
    const served = await registry.serve()
    try {
      const uploading = Promise.withResolvers<undefined>()
      registry.setFaults([
        when(/^PUT .*\/blobs\/uploads\//, () => {
          uploading.resolve(undefined)
          return Promise.withResolvers<never>().promise
        }),
      ])
      const stop = new AbortController()
      const running = runCli(['copy', image.reference, `${served.host}/a/b:1`], { interrupt: stop.signal })
      await uploading.promise
      stop.abort()
      const result = await running
      expect(result.code).toBe(130)
      expect(result.stderr).toContain('[ABORTED]')
      registry.setFaults([])
      const stored = registry.repositories.get('a/b')
      expect([...(stored?.tags.keys() ?? [])]).toEqual([])
      expect([...(stored?.manifests.keys() ?? [])]).toEqual([])
    } finally {
      await served.close()
    }
  })

  it('by a full disk while saving says so, lists nothing, and leaves no half blob', async () => {
    await using place = await workspace()
    const noise = new Uint8Array(3_000_000).map((_, at) => (at * 2_654_435_761) >>> 13)
    await place.image('image', {
      layers: [{ entries: [{ kind: 'file', path: 'noise', content: noise }], compression: 'none' }],
    })
    // A file system of one megabyte, in a mount namespace of its own.
    const small = await place.write(
      'small.sh',
      [
        'set -e',
        `mkdir -p ${place.path('small')}`,
        `mount -t tmpfs -o size=1m none ${place.path('small')}`,
        '"$@" || code=$?',
        `find ${place.path('small')} -type f`,
        'exit ${code:-0}',
      ].join('\n'),
    )
    const result = await runCli(['save', '--dir', place.path('small'), `oci:${place.path('image')}`], {
      wrapper: ['unshare', '-rm', 'sh', small],
    })
    expect(result.code).toBe(3)
    expect(result.stderr).toContain('[WRITE_FAILED]')
    expect(result.stderr).toContain('ENOSPC')
    const left = result.stdout.trim().split('\n')
    expect(left.filter((path) => path.includes('.assay-') || path.includes('.lock'))).toEqual([])
    expect(left.some((path) => path.endsWith('/index.json'))).toBe(true)
  })
})
