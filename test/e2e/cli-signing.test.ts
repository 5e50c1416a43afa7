import { generateKeyPairSync } from 'node:crypto'
import { chmod, readdir, stat } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { runCli } from '../support/cli.ts'
import { kmsPlugin } from '../support/kms-plugin.ts'
import { password, plainImage, releaseIdentity, services, workspace } from '../support/workspace.ts'

/** A statement with white space and a number that no parser gives back. */
function statement(hex: string): string {
  const subject = `[{"name": "app", "digest": {"sha256": "${hex}"}}]`
  return `{ "_type": "https://in-toto.io/Statement/v1", "subject": ${subject},\n "predicateType": "https://acme.test/review/v1", "predicate": {"big": 12345678901234567890} }`
}

describe('where keys are kept', () => {
  it('env:// holds the key file itself', async () => {
    await using place = await workspace()
    const image = await place.image('image', plainImage)
    await place.keys()
    const env = { ...password, RELEASE_KEY: await place.read('release.key') }
    const signed = await runCli(
      ['sign', '--key', 'env://RELEASE_KEY', '--tlog-upload=false', image.reference],
      { env },
    )
    expect(signed).toMatchObject({ code: 0, stderr: '' })
    const verify = ['verify', '--key', place.path('release.pub'), '--insecure-ignore-tlog', image.reference]
    expect(await runCli(verify)).toMatchObject({ code: 0 })
    const empty = await runCli(['sign', '--key', 'env://OTHER', '--tlog-upload=false', image.reference])
    expect(empty.code).toBe(2)
    expect(empty.stderr).toContain('KEY_FILE_UNREADABLE')
  })

  for (const namedCurve of ['P-256', 'P-384']) {
    it(`a program of the sigstore-kms protocol signs with ${namedCurve}, and gets no password of ours`, async () => {
      await using place = await workspace()
      await using sigstore = await services(place)
      const image = await place.image('image', plainImage)
      await chmod(await place.write('sigstore-kms-vault9', kmsPlugin('slot/7')), 0o755)
      const { privateKey } = generateKeyPairSync('ec', { namedCurve })
      const env = {
        ...password,
        COSIGN_PKCS11_PIN: '1234',
        PLUGIN_KEY: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
        PATH: `${place.directory}:${process.env['PATH']}`,
      }
      const key = ['--key', 'vault9://slot/7']
      expect(await runCli(['sign', ...key, ...sigstore.sign, image.reference], { env })).toMatchObject({
        code: 0,
        stderr: '',
      })
      const printed = await runCli(['public-key', ...key], { env })
      const pub = await place.write('plugin.pub', printed.stdout)
      expect(await runCli(['verify', '--key', pub, ...sigstore.verify, image.reference])).toMatchObject({
        code: 0,
      })
      const unknown = await runCli(['sign', '--key', 'vault9://slot/8', ...sigstore.sign, image.reference], {
        env,
      })
      expect(unknown.code).toBe(3)
      expect(unknown.stderr).toContain('KEY_PLUGIN_FAILED')
      expect(unknown.stderr).toContain('no such key')
    })
  }

  it('a plugin that is not there is named', async () => {
    await using place = await workspace()
    const image = await place.image('image', plainImage)
    const signed = await runCli(['sign', '--key', 'nowhere://x', '--tlog-upload=false', image.reference])
    expect(signed.code).toBe(3)
    expect(signed.stderr).toContain('sigstore-kms-nowhere')
  })

  for (const type of ['pkcs8', 'sec1'] as const) {
    it(`a ${type} key of another tool is imported, and signs`, async () => {
      await using place = await workspace()
      const image = await place.image('image', plainImage)
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
      const source = await place.write('other.pem', privateKey.export({ type, format: 'pem' }).toString())
      const line = ['import-key-pair', '--key', source, '--output-key-prefix', place.path('mine')]
      const open = await runCli(line, { env: password })
      expect(open.stderr).toContain('KEY_FILE_UNSAFE')
      await chmod(source, 0o600)
      expect(await runCli(line, { env: password })).toMatchObject({ code: 0, stderr: '' })
      expect(await place.read('mine.pub')).toBe(publicKey.export({ type: 'spki', format: 'pem' }))
      expect((await stat(place.path('mine.key'))).mode & 0o777).toBe(0o600)
      const sign = ['sign', '--key', place.path('mine.key'), '--tlog-upload=false', image.reference]
      expect(await runCli(sign, { env: password })).toMatchObject({ code: 0 })
    })
  }

  it('an encrypted key of another tool opens with its own password only', async () => {
    await using place = await workspace()
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'old' })
    const source = await place.write('other.pem', pem.toString())
    await chmod(source, 0o600)
    const line = ['keys', 'import', '-k', source, '--source-password-stdin', '-o', place.path('mine')]
    const wrong = await runCli(line, { env: password, stdin: 'guess\n' })
    expect(wrong.code).toBe(2)
    expect(wrong.stderr).toContain('WRONG_PASSWORD')
    expect(await runCli(line, { env: password, stdin: 'old\n' })).toMatchObject({ code: 0 })
  })
})

describe('what is written', () => {
  it('--signature-format both writes a bundle and a legacy tag, and each verifies', async () => {
    await using place = await workspace()
    await using sigstore = await services(place)
    const image = await place.image('image', plainImage)
    const sign = ['sign', '--signature-format', 'both', '-a', 'env=prod', '--identity-token', sigstore.token]
    const signed = await runCli([...sign, '-o', 'json', ...sigstore.sign, image.reference])
    expect(signed).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(signed.stdout).signatures).toMatchObject([{ form: 'bundle' }, { form: 'legacy' }])
    const verified = await runCli([
      'verify',
      ...releaseIdentity,
      '-a',
      'env=prod',
      '-o',
      'json',
      ...sigstore.verify,
      image.reference,
    ])
    expect(verified.code).toBe(0)
    expect(JSON.parse(verified.stdout).images[0].signatures).toHaveLength(2)
  })

  it('a legacy attestation is found under its type', async () => {
    await using place = await workspace()
    await using sigstore = await services(place)
    const image = await place.image('image', plainImage)
    await place.keys()
    const attest = ['attest', '--signature-format', 'legacy', '--type', 'cyclonedx', '--predicate', '-']
    const key = ['--key', place.path('release.key')]
    const sbom = '{"bomFormat":"CycloneDX","specVersion":"1.6"}'
    expect(
      await runCli([...attest, ...key, ...sigstore.sign, image.reference], { env: password, stdin: sbom }),
    ).toMatchObject({ code: 0, stderr: '' })
    const verify = ['verify', '--type', 'cyclonedx', '--key', place.path('release.pub')]
    expect(await runCli([...verify, ...sigstore.verify, image.reference])).toMatchObject({ code: 0 })
  })

  it('the legacy form needs a log that promises: with Rekor v2 alone nothing is signed', async () => {
    await using place = await workspace()
    await using sigstore = await services(place)
    const config = JSON.parse(await place.read('signing_config.json'))
    config.rekorTlogUrls[0].majorApiVersion = 2
    await place.write('signing_config.json', JSON.stringify(config))
    const image = await place.image('image', plainImage)
    await place.keys()
    const sign = ['sign', '--signature-format', 'legacy', '--key', place.path('release.key')]
    const signed = await runCli([...sign, ...sigstore.sign, image.reference], { env: password })
    expect(signed.code).toBe(3)
    expect(signed.stderr).toContain('NO_SERVICE')
    expect(sigstore.sigstore.requests).toEqual([])
  })

  it('--no-upload leaves the image alone and writes the bundle to a file, over an older one', async () => {
    await using place = await workspace()
    await using sigstore = await services(place)
    const image = await place.image('image', plainImage)
    const before = await place.read('image/index.json')
    const file = await place.write('bundle.json', 'older')
    const sign = ['sign', '--identity-token', sigstore.token, '--no-upload', '--bundle', file]
    expect(await runCli([...sign, ...sigstore.sign, image.reference])).toMatchObject({ code: 0, stderr: '' })
    expect(await place.read('image/index.json')).toBe(before)
    expect(JSON.parse(await place.read('bundle.json')).mediaType).toContain('sigstore.bundle')
    expect((await readdir(place.directory)).filter((name) => name.startsWith('bundle.json'))).toHaveLength(1)
  })

  for (const flags of [
    ['--no-upload'],
    ['--upload=false', '--signature-format', 'both', '--bundle', 'x'],
    ['--signature-format', 'legacy', '--bundle', 'x'],
    ['--recursive', '--bundle', 'x'],
  ]) {
    it(`refuses ${flags.join(' ')}`, async () => {
      const signed = await runCli(['sign', '--key', 'none.key', ...flags, 'oci:nowhere'])
      expect(signed.code).toBe(2)
      expect(signed.stderr).toContain('[USAGE]')
    })
  }

  it('--statement is signed byte for byte, and only about the image that it names', async () => {
    await using place = await workspace()
    await using sigstore = await services(place)
    const image = await place.image('image', plainImage)
    await place.keys()
    const attest = ['attest', '--key', place.path('release.key'), ...sigstore.sign, '--statement', '-']
    const run = (stdin: string) => runCli([...attest, image.reference], { env: password, stdin })
    const own = statement(image.descriptor.digest.slice('sha256:'.length))
    expect(await run(own)).toMatchObject({ code: 0, stderr: '' })
    const verify = ['verify', '--type', 'https://acme.test/review/v1', '--key', place.path('release.pub')]
    expect(await runCli([...verify, ...sigstore.verify, image.reference])).toMatchObject({ code: 0 })
    const other = await run(statement('ab'.repeat(32)))
    expect(other.code).toBe(2)
    expect(other.stderr).toContain('WRONG_SUBJECT')
    expect((await run('{}')).stderr).toContain('MALFORMED_STATEMENT')
  })
})
