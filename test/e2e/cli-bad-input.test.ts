import { cp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { digestOf, mediaTypes } from '@assay/registry'
import { runCli } from '../support/cli.ts'
import { buildManifest } from '../support/image-builder.ts'
import { password, plainImage, services, workspace } from '../support/workspace.ts'

const noDigest = `sha256:${'0'.repeat(64)}`

/** One clear line first, the code in it, nothing on stdout, and no stack trace. */
function expectOneClearLine(
  result: { readonly stdout: string; readonly stderr: string },
  code: string,
): void {
  const [first = ''] = result.stderr.split('\n')
  expect(first).toContain('error: ')
  expect(first).toContain(`[${code}]`)
  expect(result.stdout).toBe('')
  expect(result.stderr).not.toMatch(/\n\s+at .*\.(?:js|ts):\d/)
}

describe('bad input gets one clear line and the right exit code', () => {
  it('no such tag, no such digest, no such layout: could not tell', async () => {
    await using place = await workspace()
    await place.image('image', plainImage)
    for (const reference of [
      `oci:${place.path('image')}:other`,
      `oci:${place.path('image')}@${noDigest}`,
      `oci:${place.path('nothing')}`,
    ]) {
      const result = await runCli(['inspect', reference])
      expect(result.code, reference).toBe(3)
      expectOneClearLine(result, 'NOT_FOUND')
    }
  })

  it('a registry that is down: could not tell', async () => {
    const result = await runCli(['inspect', '127.0.0.1:1/acme/app:1'])
    expect(result.code).toBe(3)
    expectOneClearLine(result, 'UNREACHABLE')
  })

  it('a layout with a missing blob: could not tell, naming the blob', async () => {
    await using place = await workspace()
    const image = await place.image('image', plainImage)
    const [layer] = image.blobs
    await rm(blobPath(place.path('image'), layer?.descriptor.digest ?? ''))
    const result = await runCli(['inspect', image.reference])
    expect(result.code).toBe(3)
    expect(result.stdout + result.stderr).toContain(layer?.descriptor.digest)
  })

  it('a truncated layer and a truncated gzip stream: never a verdict', async () => {
    await using place = await workspace()
    const image = await place.image('image', plainImage)
    const [layer] = image.blobs
    await truncate(blobPath(place.path('image'), layer?.descriptor.digest ?? ''), 40)
    const cut = await runCli(['inspect', image.reference])
    expect(cut.code).not.toBe(0)
    expect(cut.stdout + cut.stderr).toContain(layer?.descriptor.digest)

    // The digest holds, the stream inside does not end.
    const blob = (layer?.bytes ?? new Uint8Array()).subarray(0, 40)
    const broken = await place.image('broken', { layers: [{ blob, tar: new Uint8Array(1024) }] })
    const result = await runCli(['inspect', broken.reference, '--output', 'json'])
    expect(result.code).toBe(3)
    expect(JSON.parse(result.stdout)).toMatchObject({ verdict: 'undecidable' })
  })

  it('an artifact is named as such and gets no verdict', async () => {
    await using place = await workspace()
    await place.image('image', plainImage)
    const artifact = buildManifest(
      {
        schemaVersion: 2,
        mediaType: mediaTypes.ociManifest,
        artifactType: 'application/vnd.acme.thing',
        config: {
          mediaType: mediaTypes.ociEmpty,
          digest: 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
          size: 2,
        },
        layers: [],
      },
      mediaTypes.ociManifest,
    )
    const layout = place.path('image')
    await writeFile(blobPath(layout, artifact.descriptor.digest), artifact.blobs[0]?.bytes ?? '')
    const result = await runCli(['inspect', `oci:${layout}@${artifact.descriptor.digest}`])
    expect(result.code).not.toBe(0)
    expect(result.stdout + result.stderr).toMatch(/not an image|artifact/i)
  })

  it('an unknown platform: a wrong request, with the list of what there is', async () => {
    await using place = await workspace()
    const image = await place.image('image', plainImage)
    const result = await runCli(['inspect', '--platform', 'linux/s390x', image.reference])
    expect(result.code).toBe(2)
    expect(result.stderr).toContain('linux/amd64')
    expect(await runCli(['inspect', '--platform', 'windows', image.reference])).toMatchObject({ code: 2 })
  })

  it('several images and none named: a wrong request, with the list', async () => {
    await using place = await workspace()
    await place.image('image', plainImage)
    const other = await place.image('other', { ...plainImage, config: { User: '1' } })
    const layout = place.path('image')
    await cp(place.path('other/blobs'), join(layout, 'blobs'), { recursive: true })
    const index = JSON.parse(await readFile(join(layout, 'index.json'), 'utf8'))
    index.manifests.push({ ...other.descriptor })
    await writeFile(join(layout, 'index.json'), JSON.stringify(index))
    const result = await runCli(['inspect', `oci:${layout}`])
    expect(result.code).toBe(2)
    expect(result.stderr).toContain('AMBIGUOUS_REFERENCE')
    expect(result.stderr).toContain('test, ')
    expect(result.stderr).toContain(other.descriptor.digest)
  })

  it('a malformed bundle is a refusal that says so', async () => {
    await using place = await workspace()
    const image = await place.image('image', plainImage)
    await place.keys()
    const sign = [
      'sign',
      '--key',
      place.path('release.key'),
      '--tlog-upload=false',
      image.reference,
      '--output',
      'json',
    ]
    const { signatures } = JSON.parse((await runCli(sign, { env: password })).stdout)
    const referrer = signatures[0].manifest
    await replaceBundle(place.path('image'), { referrer, content: '{"mediaType":"x"' })
    const result = await runCli([
      'verify',
      '--key',
      place.path('release.pub'),
      '--insecure-ignore-tlog',
      image.reference,
    ])
    expect(result.code).toBe(1)
    expect(result.stdout).toContain('MALFORMED_BUNDLE')
  })

  it('a policy with mistakes: all of them with line and column, exit 2', async () => {
    await using place = await workspace()
    const image = await place.image('image', plainImage)
    const policy = await place.write(
      'policy.yaml',
      'apiVersion: assay.dev/v1alpha1\nkind: ClusterImagePolicy\nmetadata: {name: x}\nspec:\n  images: []\n  authoritees: []\n',
    )
    const result = await runCli(['gate', '--policy', policy, image.reference, '--offline'])
    expect(result.code).toBe(2)
    expect(result.stderr).toMatch(/policy\.yaml:5:\d+: /)
    expect(result.stderr).toMatch(/policy\.yaml:6:3: .*authoritees/)
    expect(result.stdout).toBe('')
  })

  it('flags that are missing, unknown, repeated or contradictory: exit 2', async () => {
    await using place = await workspace()
    await using sigstore = await services(place)
    const image = await place.image('image', plainImage)
    await place.keys()
    const key = ['--key', place.path('release.pub')]
    for (const line of [
      ['verify', image.reference],
      ['verify', '--certificate-identity', 'a', image.reference],
      ['verify', ...key, ...key, image.reference],
      ['verify', ...key, '--certificate-identity', 'a', '--certificate-oidc-issuer', 'b', image.reference],
      ['verify', ...key, '--frobnicate', image.reference],
      ['verify', ...key, '--output', 'yaml', image.reference],
      ['verify', '--key', place.path('absent.pub'), image.reference],
      [
        'verify',
        '--certificate-identity-regexp',
        '(',
        '--certificate-oidc-issuer',
        'b',
        ...sigstore.verify,
        image.reference,
      ],
      ['sign', ...sigstore.sign, image.reference],
      ['attest', '--key', place.path('release.key'), image.reference],
      ['inspect'],
      ['inspect', image.reference, 'another'],
      ['frobnicate'],
    ]) {
      const result = await runCli(line, { env: password })
      expect(result.code, line.join(' ')).toBe(2)
      expect(result.stdout, line.join(' ')).toBe('')
      expect(result.stderr, line.join(' ')).toMatch(/^error: /)
    }
  })
})

function blobPath(layout: string, digest: string): string {
  return join(layout, 'blobs', ...digest.split(':'))
}

/** Puts other bytes where a bundle was, with digests that hold all the way up. */
async function replaceBundle(
  layout: string,
  { referrer, content }: { readonly referrer: string; readonly content: string },
): Promise<void> {
  const manifest = JSON.parse(await readFile(blobPath(layout, referrer), 'utf8'))
  const bundle = manifest.layers[0].digest
  const bytes = Buffer.from(content)
  const digest = digestOf(bytes)
  await writeFile(blobPath(layout, digest), bytes)
  manifest.layers[0] = { ...manifest.layers[0], digest, size: bytes.byteLength }
  const changed = Buffer.from(JSON.stringify(manifest))
  const changedDigest = digestOf(changed)
  await writeFile(blobPath(layout, changedDigest), changed)
  await rm(blobPath(layout, bundle))
  await rm(blobPath(layout, referrer))
  const parsed = JSON.parse(
    (await readFile(join(layout, 'index.json'), 'utf8')).replaceAll(referrer, changedDigest),
  )
  for (const entry of parsed.manifests) if (entry.digest === changedDigest) entry.size = changed.byteLength
  await writeFile(join(layout, 'index.json'), JSON.stringify(parsed))
}
