import { parseMirror } from '@assay/core'
import { describe, expect, it } from 'vitest'
import { runCli } from '../support/cli.ts'
import { testRegistry } from '../support/registry.ts'
import { answer } from '../support/registry/answer.ts'
import { when } from '../support/registry/faults.ts'
import { password, plainImage, workspace } from '../support/workspace.ts'

const noLog = '--insecure-ignore-tlog'

describe('a signature repository', () => {
  it.each([{ referrersApi: true }, { referrersApi: false }])(
    'is written and read by sign, verify, tree and copy, whatever the registry (%o)',
    async (options) => {
      await using place = await workspace()
      const registry = testRegistry(options)
      const served = await registry.serve()
      try {
        const image = await place.image('image', plainImage)
        await place.keys()
        const [app, kept] = [`${served.host}/team/app:1`, `${served.host}/signatures`]
        await runCli(['copy', image.reference, app])
        const before = [...(registry.repositories.get('team/app')?.manifests.keys() ?? [])]
        const env = { COSIGN_REPOSITORY: kept }
        const key = ['--key', place.path('release.key'), '--tlog-upload=false']
        expect(await runCli(['sign', ...key, app], { env: { ...password, ...env } })).toMatchObject({
          code: 0,
        })
        expect([...(registry.repositories.get('team/app')?.manifests.keys() ?? [])]).toEqual(before)
        const verify = ['verify', '--key', place.path('release.pub'), noLog, app]
        expect((await runCli(verify)).code).toBe(1)
        expect(await runCli(verify, { env })).toMatchObject({ code: 0 })
        expect(await runCli([...verify, '--signature-repository', kept])).toMatchObject({ code: 0 })
        expect((await runCli(['tree', app], { env })).stdout).toContain('claims to be a signature')
        const inside = `oci:${place.path('inside')}:1`
        expect(await runCli(['copy', app, inside], { env })).toMatchObject({ code: 0 })
        expect(await runCli([...verify.slice(0, -1), inside])).toMatchObject({ code: 0 })
        // Out of reach is "could not tell", not "no".
        registry.setFaults([when(/\/v2\/signatures\//, () => answer(403))])
        expect((await runCli(verify, { env })).code).toBe(3)
      } finally {
        await served.close()
      }
    },
  )

  it.each(['registry.example/sigs:tag', 'oci:dir'])('is not %s', async (name) => {
    const result = await runCli(['tree', 'registry.example/app'], { env: { COSIGN_REPOSITORY: name } })
    expect(result.code).toBe(2)
    expect(result.stderr).toContain('[USAGE]')
  })
})

describe('a mirror', () => {
  it('gives the image, which keeps its name; the origin is not asked', async () => {
    await using place = await workspace()
    const registry = await testRegistry().serve()
    try {
      const image = await place.image('image', plainImage)
      await runCli(['copy', image.reference, `${registry.host}/hub/library/alpine:3`])
      const mirror = ['--mirror', `docker.io=${registry.host}/hub`]
      const result = await runCli(['tree', ...mirror, 'alpine:3'])
      expect(result).toMatchObject({ code: 0, stderr: '' })
      expect(result.stdout).toContain(`docker.io/library/alpine@${image.descriptor.digest}`)
      const missing = await runCli(['tree', ...mirror, 'alpine:4'])
      expect(missing.code).toBe(3)
      expect(missing.stderr).toContain('[NOT_FOUND]')
    } finally {
      await registry.close()
    }
  })

  it.each(['a', 'docker.io', 'docker.io=', 'docker.io=b.example=c', 'alpine=b.example', 'a.example=oci:dir'])(
    'is not %s',
    (text) => {
      expect(() => parseMirror(text)).toThrowError(expect.objectContaining({ code: 'INVALID_REFERENCE' }))
    },
  )
})
