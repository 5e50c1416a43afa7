import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { runCli, type CliRun } from '../support/cli.ts'
import { corpus } from '../support/corpora.ts'
import { release, rootOf, serveTuf, signed, tufKey, type TufFiles } from '../support/tuf-repository.ts'
import { plainImage, services, workspace, type ServedServices, type Workspace } from '../support/workspace.ts'

interface Scene {
  readonly place: Workspace
  readonly sigstore: ServedServices
  readonly files: TufFiles
  readonly mirror: string
  readonly run: (...args: readonly string[]) => Promise<CliRun>
}

/** A TUF repository with the trusted root of a Sigstore, and its first root in root.json. */
async function withScene(act: (scene: Scene) => Promise<void>): Promise<void> {
  await using place = await workspace()
  await using sigstore = await services(place)
  const key = tufKey()
  const files = release(key, Buffer.from(sigstore.sigstore.trustedRoot))
  const root = signed(rootOf({ keys: [key] }), [key])
  await place.write('root.json', root)
  files.set('/1.root.json', root)
  await using tuf = await serveTuf(files)
  await act({
    place,
    sigstore,
    files,
    mirror: tuf.mirror,
    run: (...args) => runCli(args, { cwd: place.directory, env: { HOME: place.directory } }),
  })
}

describe('assay initialize', () => {
  it('has later runs use the instance, by --root from a file or from a URL with its checksum', async () => {
    await withScene(async ({ place, sigstore, mirror, run }) => {
      const made = await run('initialize', '--mirror', `${mirror}/`, '--root', 'root.json')
      expect(made).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining(mirror) })
      expect((await run('trust')).stdout).toBe(made.stdout)
      expect(await readdir(place.path('.cache', 'assay', 'tuf'))).toEqual(
        expect.arrayContaining(['remote.json', encodeURIComponent(new URL(mirror).host)]),
      )
      const image = await place.image('image', plainImage)
      await run('sign', ...sigstore.sign.slice(0, 2), '--identity-token', sigstore.token, image.reference)
      const who = [
        '--certificate-identity',
        'release@acme.test',
        '--certificate-oidc-issuer',
        'https://id.acme.test',
      ]
      expect(await run('verify', ...who, image.reference)).toMatchObject({ code: 0 })
      const sum = createHash('sha512')
        .update(await readFile(place.path('root.json')))
        .digest('hex')
      const byUrl = ['--root', `${mirror}/1.root.json`, '--root-checksum', `sha512:${sum}`]
      expect(await run('initialize', '--mirror', mirror, ...byUrl)).toMatchObject({ code: 0 })
    })
  })

  it('changes nothing where the repository does not hold, and leaves nothing behind', async () => {
    await withScene(async ({ place, files, mirror, run }) => {
      const good = await run('initialize', '--mirror', mirror, '--root', 'root.json')
      expect(good.code).toBe(0)
      const before = await readdir(place.path('.cache', 'assay', 'tuf'))
      const other = tufKey()
      await place.write('other.json', signed(rootOf({ keys: [other] }), [other]))
      const foreign = await run('initialize', '--mirror', mirror, '--root', 'other.json')
      expect(foreign).toMatchObject({
        code: 3,
        stdout: '',
        stderr: expect.stringContaining('TRUST_ROOT_UNAVAILABLE'),
      })
      const gone = await run('initialize', '--mirror', 'http://127.0.0.1:9', '--root', 'root.json')
      expect(gone).toMatchObject({ code: 3, stdout: '' })
      for (const path of [...files.keys()].filter((name) => name.startsWith('/targets/'))) files.delete(path)
      expect((await run('initialize', '--mirror', mirror, '--root', 'root.json')).code).toBe(3)
      expect(await readdir(place.path('.cache', 'assay', 'tuf'))).toEqual(before)
      expect(await run('trust')).toMatchObject({ code: 0, stdout: good.stdout })
    })
  })

  it('says what is wrong with a request', async () => {
    await withScene(async ({ mirror, run }) => {
      const wrong: readonly (readonly string[])[] = [
        ['--mirror', mirror],
        ['--mirror', 'file:///srv/tuf', '--root', 'root.json'],
        ['--mirror', mirror, '--root', `${mirror}/1.root.json`],
        ['--mirror', mirror, '--root', 'root.json', '--root-checksum', '00ff'],
        ['--root-checksum', '00ff'],
        ['--mirror', mirror, '--root', 'missing.json'],
      ]
      for (const flags of wrong) {
        // oxlint-disable-next-line no-await-in-loop -- two cores: one process after the other
        expect([flags, await run('initialize', ...flags)]).toEqual([
          flags,
          expect.objectContaining({ code: 2, stdout: '' }),
        ])
      }
    })
  })

  const published = corpus('trust/tuf-repository/metadata')
  it.skipIf(published === undefined)(
    'F-13: the public repository of an earlier year is refused as expired',
    async () => {
      await using place = await workspace()
      const folder = published ?? ''
      const files: TufFiles = new Map()
      for (const name of ['timestamp', 'snapshot', 'targets']) {
        // oxlint-disable-next-line no-await-in-loop -- three files
        const bytes = await readFile(`${folder}/${name}.json`)
        files.set(`/${name}.json`, bytes)
        const { signed: metadata }: { readonly signed: { readonly version: number } } = JSON.parse(
          bytes.toString(),
        )
        files.set(`/${metadata.version}.${name}.json`, bytes)
      }
      for (const name of await readdir(`${folder}/root_history`)) {
        // oxlint-disable-next-line no-await-in-loop -- some files
        files.set(`/${name}`, await readFile(`${folder}/root_history/${name}`))
      }
      await using tuf = await serveTuf(files)
      const root = ['--root', `${folder}/root_history/1.root.json`]
      const env = { HOME: place.directory }
      const made = await runCli(['initialize', '--mirror', tuf.mirror, ...root], { env })
      expect(made).toMatchObject({
        code: 3,
        stdout: '',
        stderr: expect.stringMatching(/TRUST_ROOT_UNAVAILABLE[^]*expired/i),
      })
      const variables = { ...env, TUF_MIRROR: tuf.mirror, TUF_ROOT_JSON: `${folder}/root.json` }
      const used = await runCli(['trust'], { env: variables })
      expect(used).toMatchObject({
        code: 3,
        stdout: '',
        stderr: expect.stringMatching(/TRUST_ROOT_UNAVAILABLE[^]*expired/i),
      })
    },
  )
})
