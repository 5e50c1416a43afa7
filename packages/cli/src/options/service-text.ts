import { UsageError } from '../usage-error.ts'

/**
 * Reads "name=value,name=value" of known names; each at most once.
 * @throws UsageError
 */
export function readServiceText<Name extends string>(
  text: string,
  known: { readonly names: readonly Name[]; readonly required: readonly Name[]; readonly form: string },
): Readonly<Partial<Record<Name, string>>> {
  const values = new Map<string, string>()
  for (const part of text.split(',')) {
    const equals = part.indexOf('=')
    const name = known.names.find((each) => each === part.slice(0, Math.max(equals, 0)).trim())
    const value = part.slice(equals + 1).trim()
    if (name === undefined || values.has(name) || value === '') throw wrong(text, known.form)
    values.set(name, value)
  }
  const missing = known.required.find((name) => !values.has(name))
  if (missing !== undefined) throw wrong(text, known.form, `${missing} is missing`)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only known names were set
  return Object.fromEntries(values) as Partial<Record<Name, string>>
}

function wrong(
  got: string,
  expected: string,
  message = 'a service is not described as it should be',
): UsageError {
  return new UsageError('USAGE', message, { expected, got })
}
