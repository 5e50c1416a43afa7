import type { JsonObject } from '@assay/registry'
import { field, isMissing, listOf, objectOf, optional, textOf, type JsonNode } from '../json/json-node.ts'
import { readDocument } from '../json/read-document.ts'
import { predicateTypeOf } from './predicate-types.ts'
import { StatementError } from './statement-error.ts'

/** What a predicate of a known type must have; types without a rule only need to be JSON objects. */
const rules: ReadonlyMap<string, (predicate: JsonNode) => void> = new Map([
  [predicateTypeOf('slsaprovenance02'), slsaProvenance02],
  [predicateTypeOf('slsaprovenance1'), slsaProvenance1],
  [predicateTypeOf('spdxjson'), spdx],
  [predicateTypeOf('cyclonedx'), cycloneDx],
  [predicateTypeOf('vuln'), vulnerabilities],
  [predicateTypeOf('openvex'), openVex],
  [predicateTypeOf('link'), link],
])

/**
 * Checks that a predicate is JSON of one reading and has what its type demands.
 * @throws StatementError MALFORMED_PREDICATE
 */
export function checkPredicate(predicateType: string, predicate: Uint8Array): JsonObject {
  const limits = { maxDepth: 128, maxValues: 2_000_000 }
  const document = readDocument(predicate, { on: 'predicate', refuse: refusalOf(predicateType), ...limits })
  const object = objectOf(document)
  rules.get(predicateType)?.(document)
  return object
}

function refusalOf(predicateType: string): (message: string, cause?: Error) => StatementError {
  return (got, cause) =>
    new StatementError('MALFORMED_PREDICATE', 'the predicate is not of its type', {
      on: predicateType,
      got,
      cause,
    })
}

// https://slsa.dev/spec/v0.2/provenance
function slsaProvenance02(predicate: JsonNode): void {
  textOf(field(field(predicate, 'builder'), 'id'))
  textOf(field(predicate, 'buildType'))
}

// https://slsa.dev/spec/v1.0/provenance
function slsaProvenance1(predicate: JsonNode): void {
  const definition = field(predicate, 'buildDefinition')
  textOf(field(definition, 'buildType'))
  objectOf(field(definition, 'externalParameters'))
  textOf(field(field(field(predicate, 'runDetails'), 'builder'), 'id'))
}

/** SPDX 2 names its version; SPDX 3 is JSON-LD. */
function spdx(predicate: JsonNode): void {
  const context = field(predicate, '@context')
  if (isMissing(context)) textOf(field(predicate, 'spdxVersion'))
}

function cycloneDx(predicate: JsonNode): void {
  if (textOf(field(predicate, 'bomFormat')) !== 'CycloneDX')
    throw predicate.refuse('bomFormat is not CycloneDX')
  textOf(field(predicate, 'specVersion'))
}

// cosign specs/COSIGN_VULN_ATTESTATION_SPEC.md
function vulnerabilities(predicate: JsonNode): void {
  objectOf(field(predicate, 'invocation'))
  objectOf(field(predicate, 'scanner'))
  objectOf(field(predicate, 'metadata'))
}

// https://github.com/openvex/spec
function openVex(predicate: JsonNode): void {
  if (!textOf(field(predicate, '@context')).startsWith('https://openvex.dev/ns')) {
    throw predicate.refuse('@context is not that of OpenVEX')
  }
  listOf(field(predicate, 'statements'), 1_000_000)
}

// in-toto attestation spec/predicates/link.md: the command of a step is optional, its inputs may be none
function link(predicate: JsonNode): void {
  textOf(field(predicate, 'name'))
  optional(field(predicate, 'command'), (command) => listOf(command, 1_000_000))
  const materials = field(predicate, 'materials')
  // The older form is an object of paths, as in the links that in-toto itself writes.
  if (Array.isArray(materials.value)) listOf(materials, 1_000_000)
  else objectOf(materials)
}
