import { inspectImage, inspectionSarif, judgeInspection } from '@assay/core'
import { runCli } from '@assay/test-support/cli'
import { hostileImage } from '@assay/test-support/hostile-image'
import { buildImage } from '@assay/test-support/image-builder'
import { sarifFaults } from '@assay/test-support/sarif-schema'
import { workspace } from '@assay/test-support/workspace'
import { readFile, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'

interface Sarif {
  readonly runs: readonly [
    {
      readonly tool: { readonly driver: { readonly rules: readonly SarifRule[] } }
      readonly invocations: readonly [{ readonly executionSuccessful: boolean }]
      readonly results: readonly Result[]
    },
  ]
}

interface SarifRule {
  readonly id: string
  readonly help: { readonly text: string }
}

interface Result {
  readonly ruleId: string
  readonly ruleIndex: number
  readonly level: string
  readonly message: { readonly text: string }
  readonly locations: readonly [Location]
  readonly suppressions?: readonly { readonly justification: string }[]
}

interface Location {
  readonly physicalLocation: { readonly artifactLocation: { readonly uri: string } }
  readonly logicalLocations: readonly [{ readonly fullyQualifiedName: string }]
}

test('the SARIF of a hostile image holds against the schema, and its names are no addresses', async () => {
  await using place = await workspace()
  const { reference } = await place.image('image', hostileImage)
  const run = await runCli(['inspect', '--output', 'sarif', reference])
  expect(run.code).toBe(0)
  const sarif: Sarif = JSON.parse(run.stdout)
  expect(sarifFaults(sarif)).toEqual([])
  const [{ results, tool }] = sarif.runs
  const shell = results.find(({ ruleId }) => ruleId === 'shell')
  expect(shell?.level).toBe('error')
  expect(shell?.locations[0].physicalLocation.artifactLocation.uri).toMatch(/^opt\/%3Cimg%20src%3Dx/)
  expect(shell?.locations[0].logicalLocations[0].fullyQualifiedName).toMatch(/^sha256:\w{64} layer 0 \/opt\//)
  for (const { ruleId, ruleIndex, locations } of results) {
    expect(tool.driver.rules[ruleIndex]?.id).toBe(ruleId)
    const { uri } = locations[0].physicalLocation.artifactLocation
    expect(new URL(uri, 'file:///image/').href).toMatch(/^file:\/\/\/image\//)
  }
  expect(run.stdout).not.toContain('\u001b')
  expect(run.stdout).not.toContain('\u202e')
})

test('the schema is one that can fail', () => {
  expect(sarifFaults({ version: '2.1.0', runs: [{ results: [] }] })).not.toEqual([])
})

test.each([
  ['0 where nothing is asked', [], 0, true],
  ['1 for a finding at the threshold, with the reason as a result', ['--fail-on', 'high'], 1, true],
  ['1 for a verdict that is worse', ['--require-distroless', 'effective'], 1, true],
])('exit codes of SARIF and HTML are those of text: %s', async (_, flags, ...[code, successful]) => {
  await using place = await workspace()
  const { reference } = await place.image('image', hostileImage)
  const [text, sarif, page] = await Promise.all(
    ['text', 'sarif', 'html'].map(
      async (format) => await runCli(['inspect', '-o', format, ...flags, reference]),
    ),
  )
  expect([text?.code, sarif?.code, page?.code]).toEqual([code, code, code])
  const document: Sarif = JSON.parse(sarif?.stdout ?? '')
  const demands = document.runs[0].results.filter(({ ruleId }) => ruleId === 'demand')
  expect(demands.length > 0).toBe(code === 1)
  expect(document.runs[0].invocations[0].executionSuccessful).toBe(successful)
  expect(page?.stdout.includes('Not what is required')).toBe(code === 1)
})

test('what could not be read exits 3, and no form of the report hides it', async () => {
  await using place = await workspace()
  const { reference } = await place.image('image', { layers: [{ tar: Buffer.alloc(700, 'x') }] })
  const sarif = await runCli(['inspect', '-o', 'sarif', '--fail-on', 'critical', reference])
  expect(sarif.code).toBe(3)
  const document: Sarif = JSON.parse(sarif.stdout)
  expect(sarifFaults(document)).toEqual([])
  expect(document.runs[0].invocations[0].executionSuccessful).toBe(false)
  expect(document.runs[0].results.map(({ ruleId }) => ruleId)).toContain('demand')
  const page = await runCli(['inspect', '-o', 'html', reference])
  expect(page).toMatchObject({ code: 3 })
  expect(page.stdout).toContain('<h1>Undecidable</h1>')
})

test('an exception stands in SARIF and HTML with its reason and its last day, and counts no longer after it', async () => {
  await using place = await workspace()
  const layers = [{ entries: [{ kind: 'directory', path: 'srv', mode: 0o777 }] }] as const
  const { reference } = await place.image('image', { layers, config: { User: '1' } })
  const list = place.path('exceptions.yaml')
  const inspect = async (format: string, expires: string): ReturnType<typeof runCli> => {
    const exception = { rule: 'world-writable', path: '/srv', reason: 'a spool', expires }
    await writeFile(list, JSON.stringify({ exceptions: [exception] }))
    return await runCli(['inspect', '-o', format, '--fail-on', 'medium', '--exceptions', list, reference])
  }
  const sarif = await inspect('sarif', '2999-12-31')
  expect(sarif.code).toBe(0)
  const document: Sarif = JSON.parse(sarif.stdout)
  const [result] = document.runs[0].results
  expect(result?.suppressions?.map(({ justification }) => justification)).toEqual([
    'a spool (until 2999-12-31)',
  ])
  expect((await inspect('html', '2999-12-31')).stdout).toContain('2999-12-31: a spool')
  expect(await inspect('text', '2999-12-31')).toMatchObject({ code: 0 })
  const ended = await inspect('sarif', '2020-01-31')
  expect(ended.code).toBe(1)
  expect(ended.stderr).toContain('ended on 2020-01-31')
})

test('every rule says what to do, and docs/inspect.md explains it', async () => {
  const docs = await readFile(resolve(import.meta.dirname, '../../docs/inspect.md'), 'utf8')
  const image = await buildImage(hostileImage)
  const report = await inspectImage(image.source, image.descriptor, { reference: 'any' })
  const sarif: Sarif = JSON.parse(
    JSON.stringify(inspectionSarif(report, judgeInspection(report, {}), '1.0.0')),
  )
  const { rules } = sarif.runs[0].tool.driver
  expect(rules.length).toBeGreaterThan(20)
  expect(rules.filter(({ help }) => help.text === '')).toEqual([])
  const unexplained = rules.filter(({ id }) => id !== 'demand' && !docs.includes(`### \`${id}\``))
  expect(unexplained).toEqual([])
})
