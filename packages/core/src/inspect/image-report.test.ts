import { mediaTypes } from '@assay/registry'
import { buildImage, buildIndex, buildManifest } from '@assay/test-support/image-builder'
import { elfProgram, found, inspectBuilt, inspectEntries, inspectLayers } from '@assay/test-support/inspect'
import type { TarEntry } from '@assay/test-support/tar-bytes'
import { describe, expect, test } from 'vitest'

const app: TarEntry = { kind: 'file', path: 'app', content: elfProgram(), mode: 0o755 }
const nonroot = { config: { User: '65532' } }

describe('rights, users and secrets', () => {
  test('setuid files, capabilities and world-writable files are found', async () => {
    const capability = Buffer.from('0100000200040000000000000000000000000000', 'hex')
    const image = await inspectEntries(
      [
        { kind: 'file', path: 'a', content: 'x', mode: 0o4755 },
        { kind: 'file', path: 'b', content: 'x', mode: 0o755, xattrs: { 'security.capability': capability } },
        { kind: 'file', path: 'c', content: 'x', mode: 0o666 },
        { kind: 'directory', path: 'd', mode: 0o777 },
        { kind: 'directory', path: 'tmp', mode: 0o1777 },
      ],
      nonroot,
    )
    expect(found(image)).toEqual([
      'file-capability /b',
      'set-id /a',
      'world-writable /c',
      'world-writable /d',
    ])
    expect(image.findings.find(({ rule }) => rule === 'file-capability')?.message).toContain(
      'net_bind_service+ep',
    )
  })
  test.each([
    ['', 0],
    ['0', 0],
    ['00', 0],
    ['root', 0],
    ['root:staff', 0],
    ['0:0', 0],
    ['admin', 0],
    ['nobody', 65534],
    ['65532', 65532],
    ['ghost', null],
  ])('the user %j has the id %j', async (user, uid) => {
    const passwd = 'root:x:0:0::/:/sbin/nologin\nadmin:x:0:0::/:/x\nnobody:x:65534:65534::/:/x\n'
    const image = await inspectEntries([{ kind: 'file', path: 'etc/passwd', content: passwd }], {
      config: { User: user },
    })
    expect(image.config.uid).toBe(uid)
    const told = image.findings.some(({ rule, severity }) => rule === 'root-user' && severity === 'medium')
    expect(told).toBe(uid === 0 || uid === null)
  })
  test('a secret is found in a lower layer, in the environment and in the history, and never printed', async () => {
    const token = `ghp_${'a1B2'.repeat(9)}`
    const image = await inspectLayers(
      [
        {
          entries: [{ kind: 'file', path: 'k', content: `token=${token}\n` }],
          createdBy: `RUN login ${token}`,
        },
        { entries: [{ kind: 'file', path: '.wh.k', content: '' }] },
      ],
      { config: { User: '1', Env: [`T=${token}`] } },
    )
    expect(image.findings.filter(({ rule }) => rule === 'secret')).toHaveLength(3)
    expect(JSON.stringify(image)).not.toContain(token)
  })
})

describe('what the reference stands for', () => {
  test('attestations and artifacts in an index are told apart from images', async () => {
    const image = await buildImage({ layers: [{ entries: [app] }], ...nonroot })
    const sbom = await buildImage({
      layers: [{ blob: Buffer.from('{}'), mediaType: 'application/spdx+json' }],
      manifestOverrides: {
        artifactType: 'application/spdx+json',
        config: {
          mediaType: mediaTypes.ociEmpty,
          digest: 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
          size: 2,
        },
      },
    })
    const attestation = await buildImage({ layers: [{ entries: [] }] })
    const index = buildIndex([
      { image, platform: { os: 'linux', architecture: 'amd64' } },
      { image: sbom },
      {
        image: attestation,
        platform: { os: 'unknown', architecture: 'unknown' },
        annotations: {
          'vnd.docker.reference.type': 'attestation-manifest',
          'vnd.docker.reference.digest': image.descriptor.digest,
        },
      },
    ])
    const report = await inspectBuilt(index)
    expect(report.images).toHaveLength(1)
    expect(report.others).toMatchObject([
      { kind: 'artifact', about: 'application/spdx+json' },
      { kind: 'attestation', about: image.descriptor.digest },
    ])
    await expect(inspectBuilt(sbom)).rejects.toMatchObject({ code: 'NOT_AN_IMAGE' })
  })
  test('an unknown type in an index is listed, and no error', async () => {
    const image = await buildImage({ layers: [{ entries: [app] }], ...nonroot })
    const other = buildManifest({ any: 'thing' }, 'application/vnd.example+json')
    const report = await inspectBuilt(buildIndex([{ image }, { image: other }]))
    expect(report.others).toMatchObject([{ kind: 'unknown', mediaType: 'application/vnd.example+json' }])
  })
})
