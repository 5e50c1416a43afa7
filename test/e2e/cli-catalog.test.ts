import { openRepository, registryTransport } from '@assay/registry'
import { describe, expect, it } from 'vitest'
import { pushArtifact } from '../support/artifacts.ts'
import { whileServed } from '../support/attached-scene.ts'
import { runCli } from '../support/cli.ts'
import { answer } from '../support/registry/answer.ts'
import { when } from '../support/registry/faults.ts'

describe('assay catalog', () => {
  it('lists the repositories of a registry, over all pages', async () => {
    await whileServed({ pageSize: 2 }, async (host) => {
      for (const repository of ['a/one', 'a/two', 'b', 'c/d/e', 'z'])
        await pushArtifact(openRepository({ host, repository }, { transport: registryTransport() }))
      const listed = await runCli(['catalog', host])
      expect(listed).toEqual({
        code: 0,
        stdout: ['a/one', 'a/two', 'b', 'c/d/e', 'z'].map((name) => `${host}/${name}\n`).join(''),
        stderr: '',
      })
      const json = await runCli(['catalog', '-o', 'json', host])
      expect(JSON.parse(json.stdout)).toMatchObject({ schema: 'assay.catalog/v1', ok: true })
    })
  })

  it.each([
    ['no such list', answer(404), 2, '[UNSUPPORTED]'],
    ['a list that is not for everybody', answer(401), 3, '[UNAUTHORIZED]'],
    ['names that lead elsewhere', answer(200, {}, '{"repositories":["../../x"]}'), 1, '[MALFORMED_CONTENT]'],
  ])('refuses %s', async (...[, response, code, words]) => {
    await whileServed({}, async (host, registry) => {
      registry.setFaults([when(/_catalog/, () => response)])
      const result = await runCli(['catalog', host])
      expect(result.code).toBe(code)
      expect(result.stderr).toContain(words)
    })
  })
})
