import { mkdir, readdir, readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { runCli } from '../support/cli.ts'
import { password, plainImage, releaseIdentity, services, workspace } from '../support/workspace.ts'

describe('assay sign, attest and verify', () => {
  it('signs with a key, keyless, and attests; each verifies as what it is and as nothing else', async () => {
    await using place = await workspace()
    await using sigstore = await services(place)
    const image = await place.image('image', plainImage)
    await place.keys()
    const key = ['--key', place.path('release.key')]
    const pub = ['--key', place.path('release.pub')]
    const sbom = await place.write('sbom.json', '{"bomFormat":"CycloneDX","specVersion":"1.6"}')

    const attested = await runCli(
      ['attest', ...key, '--type', 'cyclonedx', '--predicate', sbom, ...sigstore.sign, image.reference],
      { env: password },
    )
    expect(attested).toMatchObject({ code: 0, stderr: '' })
    expect(attested.stdout).toContain(`@${image.descriptor.digest}`)

    // An attestation about the image by the same key is not a signature.
    const early = await runCli(['verify', ...pub, ...sigstore.verify, image.reference])
    expect(early.code).toBe(1)
    expect(early.stdout).toContain('PREDICATE_TYPE_MISMATCH')

    expect(
      await runCli(['sign', ...key, ...sigstore.sign, image.reference], { env: password }),
    ).toMatchObject({ code: 0 })
    const keyless = ['sign', '--identity-token', sigstore.token, ...sigstore.sign, image.reference]
    expect(await runCli(keyless)).toMatchObject({ code: 0 })

    const byKey = await runCli(['verify', ...pub, ...sigstore.verify, image.reference])
    expect(byKey).toMatchObject({ code: 0, stderr: '' })
    expect(byKey.stdout).toContain('VERIFIED')
    const byIdentity = await runCli(['verify', ...releaseIdentity, ...sigstore.verify, image.reference])
    expect(byIdentity.code).toBe(0)
    expect(byIdentity.stdout).toContain('release@acme.test')
    const typed = await runCli(['verify', ...pub, '--type', 'cyclonedx', ...sigstore.verify, image.reference])
    expect(typed.code).toBe(0)
  })

  it('signing twice works, and both signatures count', async () => {
    await using place = await workspace()
    const image = await place.image('image', plainImage)
    await place.keys()
    const line = ['sign', '--key', place.path('release.key'), '--tlog-upload=false', image.reference]
    expect(await runCli(line, { env: password })).toMatchObject({ code: 0 })
    expect(await runCli(line, { env: password })).toMatchObject({ code: 0 })
    const verified = await runCli([
      'verify',
      '--key',
      place.path('release.pub'),
      '--insecure-ignore-tlog',
      '--output',
      'json',
      image.reference,
    ])
    expect(verified.code).toBe(0)
    const document = JSON.parse(verified.stdout)
    expect(document).toMatchObject({ schema: 'assay.verify/v1', ok: true })
    expect(document.images[0].signatures).toHaveLength(2)
    expect(document.images[0].signatures[0].weakened).toEqual(['transparency-log-ignored'])
  })

  it('what was signed without a log does not verify without the word for it', async () => {
    await using place = await workspace()
    await using sigstore = await services(place)
    const image = await place.image('image', plainImage)
    await place.keys()
    const sign = ['sign', '--key', place.path('release.key'), '--tlog-upload=false', image.reference]
    expect(await runCli(sign, { env: password })).toMatchObject({ code: 0 })
    const verified = await runCli([
      'verify',
      '--key',
      place.path('release.pub'),
      ...sigstore.verify,
      image.reference,
    ])
    expect(verified.code).toBe(1)
    expect(verified.stdout).toContain('MISSING_LOG_ENTRY')
  })

  it('annotations that were signed are demanded, and others are missed', async () => {
    await using place = await workspace()
    const image = await place.image('image', plainImage)
    await place.keys()
    const sign = [
      'sign',
      '--key',
      place.path('release.key'),
      '--tlog-upload=false',
      '-a',
      'env=prod',
      image.reference,
    ]
    expect(await runCli(sign, { env: password })).toMatchObject({ code: 0 })
    const verify = ['verify', '--key', place.path('release.pub'), '--insecure-ignore-tlog', image.reference]
    expect(await runCli([...verify, '-a', 'env=prod'])).toMatchObject({ code: 0 })
    const other = await runCli([...verify, '-a', 'env=test'])
    expect(other.code).toBe(1)
    expect(other.stdout).toContain('ANNOTATION_MISMATCH')
  })

  it('a service that lies leaves nothing attached', async () => {
    await using place = await workspace()
    await using sigstore = await services(place)
    const image = await place.image('image', plainImage)
    await place.keys()
    const before = await readFile(place.path('image/index.json'), 'utf8')
    sigstore.sigstore.tell('another-entry')
    const signed = await runCli(
      ['sign', '--key', place.path('release.key'), ...sigstore.sign, image.reference],
      {
        env: password,
      },
    )
    expect(signed.code).toBe(1)
    expect(signed.stderr).toContain('Rekor')
    expect(signed.stdout).toBe('')
    expect(await readFile(place.path('image/index.json'), 'utf8')).toBe(before)
  })

  it('a wrong password is one clear line, exit 2, and no key material anywhere', async () => {
    await using place = await workspace()
    const image = await place.image('image', plainImage)
    await place.keys()
    const signed = await runCli(
      ['sign', '--key', place.path('release.key'), '--tlog-upload=false', image.reference],
      {
        env: { COSIGN_PASSWORD: 'not the canary' },
      },
    )
    expect(signed.code).toBe(2)
    expect(signed.stderr).toContain('WRONG_PASSWORD')
    expect(signed.stderr + signed.stdout).not.toMatch(/canary|PRIVATE KEY/)
  })

  it('keys are never overwritten, and the private one is the owner’s alone', async () => {
    await using place = await workspace()
    await mkdir(place.path('keys'))
    expect(await place.keys('keys/a')).toMatchObject({ code: 0 })
    const first = await readFile(place.path('keys/a.key'), 'utf8')
    const again = await place.keys('keys/a')
    expect(again.code).toBe(2)
    expect(again.stderr).toContain('KEY_FILE_EXISTS')
    expect(await readFile(place.path('keys/a.key'), 'utf8')).toBe(first)
    expect(await readdir(place.path('keys'))).toEqual(['a.key', 'a.pub'])
    const printed = await runCli(['keys', 'public', '--key', place.path('keys/a.key')], { env: password })
    expect(printed.stdout).toBe(await readFile(place.path('keys/a.pub'), 'utf8'))
  })
})
