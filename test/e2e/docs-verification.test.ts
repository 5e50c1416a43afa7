import { readFileSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const core = join(root, 'packages/core/src')
const page = readFileSync(join(root, 'docs/verification.md'), 'utf8')

interface Row {
  readonly step: string
  readonly file: string
  readonly specification: string
  readonly code: string
}

const rows: readonly Row[] = page.split('\n').flatMap((line) => {
  const cells = line.split('|').map((cell) => cell.trim())
  const [, step = '', , where = '', specification = '', code = ''] = cells
  const file = /^`([\w/-]+\.ts)`$/.exec(where)?.[1]
  return file === undefined ? [] : [{ step, file, specification, code }]
})

const errors = readFileSync(join(core, 'refusal/verification-error.ts'), 'utf8')

/** The texts of a union type. */
function union(name: string): readonly string[] {
  const body = new RegExp(`type ${name} =([^]*?)\\n\\n`).exec(errors)?.[1] ?? ''
  return [...body.matchAll(/\| '([\w-]+)'/g)].map(([, text = '']) => text)
}

function textOf(file: string): string {
  return readFileSync(join(core, file), 'utf8')
}

/** The codes and steps that a file can refuse with. */
function spokenIn(file: string, known: readonly string[]): readonly string[] {
  const text = textOf(file)
  return known.filter((word) => text.includes(`'${word}'`))
}

const sources = ['attach', 'bundle', 'statement', 'verify'].flatMap((folder) =>
  readdirSync(join(core, folder))
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => `${folder}/${name}`),
)

describe('docs/verification.md', () => {
  test('lists a check for every code and every step, and no others', () => {
    expect(rows.length).toBeGreaterThan(35)
    expect([...new Set(rows.map(({ code }) => code))].toSorted()).toEqual(
      union('VerificationCode').toSorted(),
    )
    expect([...new Set(rows.map(({ step }) => step))].toSorted()).toEqual(
      union('VerificationStep').toSorted(),
    )
  })

  test.each(rows)(
    '$step, $code: $file refuses so, after the specification',
    ({ step, file, specification, code }) => {
      expect(specification).not.toBe('')
      const text = textOf(file)
      // Refusals of the certificate's form come as DerError and get their code in the step.
      expect(text).toContain(`'${code}'`)
      expect(text).toContain(`'${step}'`)
    },
  )

  test('lists every code of every file of the steps', () => {
    const codes = union('VerificationCode')
    const listed = new Set(rows.map(({ code }) => code))
    const unlisted = sources.flatMap((file) => spokenIn(file, codes).filter((code) => !listed.has(code)))
    expect(unlisted).toEqual([])
  })

  test('names the files in the order in which verifyBundle runs them', () => {
    const screen = textOf('verify/verify-bundle.ts')
    const body = screen.slice(screen.indexOf('export async function verifyBundle'))
    const steps = [...screen.matchAll(/import \{ (\w+) \} from '\.\/([\w-]+\.ts)'/g)]
      .map(([, name = '', file = '']) => ({ file: `verify/${file}`, at: body.indexOf(`${name}(`) }))
      .filter(({ at }) => at >= 0)
      .toSorted((a, b) => a.at - b.at)
      .map(({ file }) => file)
    const documented = [...new Set(rows.map(({ file }) => file))].filter((file) => steps.includes(file))
    expect(documented).toEqual(
      steps
        .filter((file) => documented.includes(file))
        // The signature is checked by the last step, with what an earlier one made ready.
        .toSorted((a, b) => Number(a.includes('check-signature')) - Number(b.includes('check-signature'))),
    )
    expect(documented.length).toBeGreaterThanOrEqual(7)
  })
})
