import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const read = (path: string): Promise<string> => readFile(resolve(root, path), 'utf8')

describe('docs/output.md', () => {
  it('lists every error code with its exit code', async () => {
    const tables = await read('packages/cli/src/exit-code.ts')
    const codes = [...tables.matchAll(/\b([A-Z][A-Z_]+): ([0-3])\b/g)].map(([, code, exit]) => ({
      code,
      exit,
    }))
    expect(codes.length).toBeGreaterThan(40)
    const rows = rowsOf(await read('docs/output.md'))
    expect(
      codes.filter(({ code, exit }) => !rows.some((row) => row.code === code && row.exit === exit)),
    ).toEqual([])
  })

  it('lists no code that is not there', async () => {
    const tables = await read('packages/cli/src/exit-code.ts')
    const known = new Set([...tables.matchAll(/\b([A-Z][A-Z_]+): [0-3]\b/g)].map(([, code]) => code))
    const rows = rowsOf(await read('docs/output.md')).filter(({ exit }) => exit !== undefined)
    expect(rows.filter(({ code }) => !known.has(code))).toEqual([])
  })

  it.each([
    ['refusals of verification', 'packages/core/src/refusal/verification-error.ts', 'VerificationCode'],
    ['reasons of the gate', 'packages/core/src/policy/reason.ts', 'ReasonCode'],
  ])('lists all %s', async (_name, file, type) => {
    const source = await read(file)
    const start = source.indexOf(`type ${type} =`)
    const union = source.slice(start, source.indexOf('\n\n', start))
    const codes = [...union.matchAll(/'([A-Z_]+)'/g)].map(([, code]) => code ?? '')
    expect(codes.length).toBeGreaterThan(20)
    const text = await read('docs/output.md')
    expect(codes.filter((code) => !text.includes(`\`${code}\``))).toEqual([])
  })

  it('has a next step for every error of reaching and reading content', async () => {
    const text = await read('docs/output.md')
    const table = text.slice(text.indexOf('### Reaching'), text.indexOf('### Signing'))
    const steps = new Map(
      [...table.matchAll(/^\| `([A-Z_]+)` *\| [0-3] *\| [^|]+ \| ([^|]*?) *\|$/gm)].map(
        ([, code = '', step = '']) => [code, step] as const,
      ),
    )
    const errors = await read('packages/registry/src/errors.ts')
    const union = errors.slice(
      errors.indexOf('type RegistryErrorCode ='),
      errors.indexOf('export class RegistryError'),
    )
    const codes = [...union.matchAll(/'([A-Z_]+)'/g)].map(([, code = '']) => code)
    expect(codes.length).toBeGreaterThan(10)
    expect(codes.filter((code) => (steps.get(code) ?? '') === '')).toEqual([])
  })
})

/** The rows of the error tables: a code and, where there is one, its exit code. */
function rowsOf(text: string): readonly { readonly code: string; readonly exit: string | undefined }[] {
  return [...text.matchAll(/^\| `([A-Z_]+)` *\| ([0-3])? */gm)].map(([, code = '', exit]) => ({ code, exit }))
}
