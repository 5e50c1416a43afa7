import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runCli } from '../support/cli.ts'
import { corpus } from '../support/corpora.ts'
import { workspace } from '../support/workspace.ts'

const good = `apiVersion: assay.dev/v1alpha1
kind: ClusterImagePolicy
metadata:
  name: release
spec:
  images:
    - glob: 'ghcr.io/acme/**'
  authorities:
    - keyless:
        identities:
          - issuer: https://id.acme.test
            subject: release@acme.test
`
const folder = corpus('policy-controller')

describe('assay policy lint', () => {
  it('accepts a policy without a remark', async () => {
    await using place = await workspace()
    const run = await runCli(['policy', 'lint', await place.write('p.yaml', good)])
    expect(run).toEqual({ code: 0, stdout: 'ACCEPTED 1 policy, 0 trust roots\n', stderr: '' })
  })

  it('names every problem with line and column, and exits 2', async () => {
    await using place = await workspace()
    const file = await place.write(
      'p.yaml',
      good.replace('subject:', 'subjectRegex:').replace('glob:', 'globs:'),
    )
    const run = await runCli(['policy', 'lint', file])
    expect(run.code).toBe(2)
    expect(run.stdout).toContain(`${file}:7:7: unknown field: spec.images[0].globs`)
    expect(run.stdout).toContain(`${file}:12:13: unknown field: `)
    expect(run.stdout).toMatch(/\nREFUSED \d problems\n$/)
  })

  it('warns of what is legal and probably wrong, and exits 0', async () => {
    await using place = await workspace()
    const file = await place.write('p.yaml', good.replace('acme/**', 'acme/app:v1*'))
    const run = await runCli(['policy', 'lint', '--output', 'json', file])
    expect(run.code).toBe(0)
    expect(JSON.parse(run.stdout)).toMatchObject({
      schema: 'assay.policy-lint/v1',
      ok: true,
      policies: [{ name: 'release', at: `${file}:1`, semantics: 'strict' }],
      problems: [],
      warnings: [{ code: 'TAG_GLOB', file }],
    })
  })

  it('a file that is not there, one of 10 MB and an alias bomb: exit 2, quickly', async () => {
    await using place = await workspace()
    const started = performance.now()
    expect(await runCli(['policy', 'lint', place.path('none.yaml')])).toMatchObject({ code: 2, stdout: '' })
    const large = await place.write('large.yaml', `${good}# ${'x'.repeat(10 * 1024 * 1024)}\n`)
    expect((await runCli(['policy', 'lint', large])).stdout).toContain('[FILE_TOO_LARGE]')
    const levels = Array.from(
      { length: 12 },
      (_, n) => `a${n + 1}: &a${n + 1} [${`*a${n}, `.repeat(9)}*a${n}]`,
    )
    const bomb = await place.write('bomb.yaml', `a0: &a0 x\n${levels.join('\n')}\n`)
    const run = await runCli(['policy', 'lint', bomb])
    expect([run.code, run.stdout]).toEqual([2, expect.stringContaining('[MALFORMED_YAML]')])
    expect(performance.now() - started).toBeLessThan(10_000)
  })

  it.skipIf(folder === undefined)('decides like policy-controller about its own test data', async () => {
    for (const [part, code] of [
      ['valid', 0],
      ['invalid', 2],
    ] as const) {
      const names = readdirSync(join(folder ?? '', part)).filter((name) => name.endsWith('.yaml'))
      const runs = await Promise.all(
        names.slice(0, 8).map((name) => runCli(['policy', 'lint', join(folder ?? '', part, name)])),
      )
      expect(runs.map((run) => run.code)).toEqual(runs.map(() => code))
    }
  })
})
