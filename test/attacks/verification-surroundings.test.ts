import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runCli } from '../support/cli.ts'
import { signBundle } from '../support/sigstore/sign-bundle.ts'
import { virtualSigstore } from '../support/sigstore/virtual-sigstore.ts'
import { statementPayload } from '../support/verification.ts'
import { plainImage, workspace } from '../support/workspace.ts'

const root = resolve(import.meta.dirname, '../..')

describe('what surrounds a verification', () => {
  test('D-06, H: no elliptic, jsrsasign, node-forge or jsonwebtoken is installed', async () => {
    const lock = await readFile(join(root, 'pnpm-lock.yaml'), 'utf8')
    for (const name of ['elliptic', 'jsrsasign', 'node-forge', 'jsonwebtoken'])
      expect(lock, name).not.toMatch(new RegExp(`^ {2}'?${name}@`, 'm'))
  })

  test('A-49: files in the working directory decide nothing', async () => {
    await using place = await workspace()
    const sigstore = virtualSigstore()
    const image = await place.image('image', plainImage)
    const identity = { subject: 'a@b.test', issuer: 'https://id.test' }
    const sha256 = image.descriptor.digest.slice('sha256:'.length)
    const bundle = await signBundle(sigstore, {
      payload: statementPayload({ subject: [{ digest: { sha256 } }] }),
      signer: { identity },
    })
    const trusted = await place.write('root.json', sigstore.trustedRoot)
    const file = await place.write('bundle.json', JSON.stringify(bundle))
    const hostile = place.path('hostile')
    await mkdir(join(hostile, '.docker'), { recursive: true })
    const config = JSON.stringify({ 'insecure-ignore-tlog': true, identity: '.*', assay: { key: 'x' } })
    for (const name of ['.assayrc', '.npmrc', 'assay.json', 'package.json', '.docker/config.json', '.env'])
      // oxlint-disable-next-line no-await-in-loop -- a few small files
      await writeFile(join(hostile, name), config)
    await writeFile(join(hostile, 'policy.yaml'), 'apiVersion: policy.sigstore.dev/v1beta1\n')
    const line = ['verify', '--bundle', file, '--trusted-root', trusted, '--offline', image.reference]
    const who = ['--certificate-identity', 'a@b.test', '--certificate-oidc-issuer', 'https://id.test']
    const plain = await runCli([...line, ...who])
    expect(plain.code).toBe(0)
    expect(await runCli([...line, ...who], { cwd: hostile })).toEqual(plain)
    expect((await runCli(line, { cwd: hostile })).code).toBe(2)
    const other = ['--certificate-identity', 'x@b.test', '--certificate-oidc-issuer', 'https://id.test']
    expect((await runCli([...line, ...other], { cwd: hostile })).code).toBe(1)
  })

  test('A-24: an old signature is refused where an age is demanded', async () => {
    await using place = await workspace()
    const sigstore = virtualSigstore({ now: new Date(Date.now() - 10 * 86_400_000) })
    const image = await place.image('image', plainImage)
    const sha256 = image.descriptor.digest.slice('sha256:'.length)
    const bundle = await signBundle(sigstore, {
      payload: statementPayload({ subject: [{ digest: { sha256 } }] }),
      signer: { identity: { subject: 'a@b.test', issuer: 'https://id.test' } },
    })
    const trusted = await place.write('root.json', sigstore.trustedRoot)
    const file = await place.write('bundle.json', JSON.stringify(bundle))
    const line = ['verify', '--bundle', file, '--trusted-root', trusted, '--offline', image.reference]
    const who = ['--certificate-identity', 'a@b.test', '--certificate-oidc-issuer', 'https://id.test']
    expect((await runCli([...line, ...who, '--max-age', '11d'])).code).toBe(0)
    const refused = await runCli([...line, ...who, '--max-age', '9d'])
    expect(refused).toMatchObject({ code: 1, stdout: expect.stringContaining('TOO_OLD') })
  })
})
