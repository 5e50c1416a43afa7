import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { Ajv } from 'ajv'

const require = createRequire(import.meta.url)

/** What a document has against the schema of SARIF 2.1.0 (OASIS, errata 01); empty where it holds. */
export function sarifFaults(document: unknown): readonly string[] {
  const path = require.resolve('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json')
  // Draft 4 of JSON Schema; what it has that later drafts read otherwise does not occur in it.
  const { $schema: _, id: __, ...schema }: Record<string, unknown> = JSON.parse(readFileSync(path, 'utf8'))
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false, unicodeRegExp: false })
  const validate = ajv.compile(schema)
  return validate(document)
    ? []
    : (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`)
}
