import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Ajv, type AnySchemaObject, type ErrorObject, type ValidateFunction } from 'ajv'

/** What the official schema of a format says against a document; empty where it is valid. */
type Validate = (document: unknown) => readonly string[]

const cycloneFolder = new URL('res/schema/', import.meta.resolve('@cyclonedx/cyclonedx-library/package.json'))

export const validateCycloneDx: Validate = messagesOf(() => {
  const ajv = plainAjv()
  for (const name of ['spdx', 'jsf-0.82']) {
    const file = `${name}.SNAPSHOT.schema.json`
    ajv.addSchema(schemaIn(new URL(file, cycloneFolder)), `http://cyclonedx.org/schema/${file}`)
  }
  return ajv.compile(schemaIn(new URL('bom-1.6.SNAPSHOT.schema.json', cycloneFolder)))
})

/** The schemas name formats that say little: times are checked, the others pass. */
function plainAjv(): Ajv {
  return new Ajv({
    strict: false,
    allErrors: true,
    formats: {
      'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/,
      'iri-reference': true,
      'idn-email': true,
      uri: true,
    },
  })
}

function schemaIn(file: URL): AnySchemaObject {
  const schema: AnySchemaObject = JSON.parse(readFileSync(fileURLToPath(file), 'utf8'))
  return schema
}

/** Compiles when it is first asked: that takes half a second. */
function messagesOf(compile: () => ValidateFunction): Validate {
  let validate: ValidateFunction | undefined
  return (document) => {
    validate ??= compile()
    return validate(document) ? [] : (validate.errors ?? []).map(messageOf)
  }
}

function messageOf({ instancePath, message }: ErrorObject): string {
  return `${instancePath} ${message ?? ''}`
}
