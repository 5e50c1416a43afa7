import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { execFileSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { workerLanguages } from '@assay/core'
import { describe, expect, test } from 'vitest'

/** OPA itself, where it is installed. */
function installed(): string | undefined {
  const name = process.env['ASSAY_TEST_OPA'] ?? 'opa'
  try {
    execFileSync(name, ['version'], { stdio: 'ignore' })
    return name
  } catch {
    return undefined
  }
}

const opa = installed()
const v0 = 'package sigstore\nisCompliant { input.n == 1 }'
const v1 = 'package sigstore\nisCompliant if input.n == 1'
const set = `package sigstore
isCompliant[response] {
  response := {"result": input.n == 1, "error": "n is not one", "warning": input.warning}
}`

describe.skipIf(opa === undefined)('D-29: a Rego policy, by OPA itself', () => {
  const languages = workerLanguages({ deadline: 5000, opa: opa ?? 'opa' })
  const run = (text: string, input: unknown, semantics: 'compat' | 'strict' = 'compat') =>
    languages.run({ language: 'rego', text, semantics }, input)

  test.each<[string, unknown, 'compat' | 'strict', string]>([
    [v0, { n: 1 }, 'compat', 'true'],
    [v0, { n: 2 }, 'compat', 'false'],
    [v0, {}, 'compat', 'false'],
    [v1, { n: 1 }, 'strict', 'true'],
    [v1, { n: 2 }, 'strict', 'false'],
    [v0, { n: 1 }, 'strict', 'undecided'],
    [set, { n: 1, warning: '' }, 'compat', 'true'],
    [set, { n: 2, warning: '' }, 'compat', 'false'],
    [set, { n: 1, warning: 'old' }, 'compat', 'false'],
    ['package sigstore\nisCompliant = "true"', {}, 'compat', 'false'],
    ['package other\nisCompliant = true', {}, 'compat', 'false'],
    ['package sigstore\nisCompliant {', {}, 'compat', 'undecided'],
    // What stands in the data is never part of the program.
    [v0, { n: '"] { true } isCompliant { true } #' }, 'compat', 'false'],
    // Nothing of the world outside.
    [
      'package sigstore\nisCompliant { http.send({"method": "get", "url": "http://127.0.0.1"}) }',
      {},
      'compat',
      'undecided',
    ],
    ['package sigstore\nisCompliant { opa.runtime().env }', {}, 'compat', 'undecided'],
    ['package sigstore\nisCompliant { net.lookup_ip_addr("localhost") }', {}, 'compat', 'undecided'],
  ])('%s over %j (%s) is %s', async (...[text, input, semantics, status]) => {
    expect(await run(text, input, semantics)).toMatchObject({ status })
  })

  test.each<[string, true | undefined]>([
    ['input.n == 1', undefined],
    ['time.parse_rfc3339_ns("2026-01-01T00:00:00Z") > 0', undefined],
    ['time.now_ns() > 0', true],
    ['time["now_ns"]() > 0', true],
    ['rand.intn("x", 9) >= 0', true],
    ['not crypto.x509.parse_and_verify_certificates("x")[0]', true],
  ])('%s: whether the next moment may answer otherwise: %s', async (body, volatile) => {
    const answer = await run(`package sigstore\nisCompliant { ${body} }`, { n: 1 })
    expect([answer.status, answer.volatile]).toEqual(['true', volatile])
  })

  test('that does not end is undecided at the deadline', async () => {
    const quick = workerLanguages({ deadline: 1500, opa: opa ?? 'opa' })
    const text =
      'package sigstore\nisCompliant { numbers.range(1, 1000000)[a]; numbers.range(1, 1000000)[b]; a + b == -1 }'
    const answer = await quick.run({ language: 'rego', text, semantics: 'compat' }, {})
    expect(answer).toMatchObject({ status: 'undecided', message: expect.stringContaining('1500 ms') })
  })
})

describe('Rego without OPA', () => {
  const program = { language: 'rego', text: v0, semantics: 'compat' } as const

  test('is undecided', async () => {
    const languages = workerLanguages()
    const answer = await languages.run(program, { n: 1 })
    await languages.close()
    expect(answer).toMatchObject({ status: 'undecided', code: 'LANGUAGE_UNAVAILABLE' })
    const gone = workerLanguages({ opa: '/nonexistent/opa' })
    expect(await gone.run(program, { n: 1 })).toMatchObject({ code: 'LANGUAGE_UNAVAILABLE' })
  })

  test('is undecided where what is called OPA says anything else', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'assay-test-opa-'))
    const executable = join(folder, 'opa')
    await writeFile(executable, '#!/bin/sh\necho \'{"result": true}\'\nexit 3\n')
    await chmod(executable, 0o755)
    const answer = await workerLanguages({ opa: executable }).run(program, { n: 1 })
    await rm(folder, { recursive: true })
    expect(answer).toMatchObject({ status: 'undecided' })
  })
})
