import { delimiter, dirname, join, resolve } from 'node:path'
import { parseDocument } from 'yaml'
import { isJsonObject, parseStrictJson, RegistryError } from '@assay/registry'
import { field, isMissing, listOf, textOf, type JsonNode } from '../../../json/json-node.ts'
import { firstSet } from '../../kms/first-set.ts'
import { noKeyAccess } from '../../kms/key-service.ts'
import { smallFile } from '../../kms/small-file.ts'
import type { SigningError } from '../../signing-error.ts'
import type { KeyAccess } from '../key-access.ts'

/** A part of a configuration, and the folder that its relative paths start from. */
export interface ConfigPart {
  readonly node: JsonNode
  readonly folder: string
}

/** Which cluster is spoken to, and as whom. */
export interface KubeContext {
  readonly cluster: ConfigPart
  readonly user: ConfigPart
}

const maxFiles = 32
const maxEntries = 10_000

/**
 * The current context of `KUBECONFIG` or `~/.kube/config`; undefined where there is none. Of several files the first
 * one that has an entry counts, as in kubectl.
 * @throws SigningError NO_KEY_ACCESS
 */
export async function currentContext(env: KeyAccess['env']): Promise<KubeContext | undefined> {
  const given = firstSet(env, 'KUBECONFIG')
  const paths = given?.split(delimiter).filter((path) => path !== '') ?? [
    join(env['HOME'] ?? '/', '.kube', 'config'),
  ]
  const files: ConfigPart[] = []
  for (const path of paths.slice(0, maxFiles)) {
    // oxlint-disable-next-line no-await-in-loop -- a few files, in their order
    const text = await smallFile(path)
    if (text !== undefined && text.trim() !== '')
      files.push({ node: document(text, path), folder: dirname(resolve(path)) })
  }
  const current = files.map(({ node }) => field(node, 'current-context')).find((node) => !isEmpty(node))
  if (current === undefined) return undefined
  const context = entry(files, 'context', textOf(current)).node
  return {
    cluster: entry(files, 'cluster', textOf(field(context, 'cluster'))),
    user: entry(files, 'user', textOf(field(context, 'user'))),
  }
}

function isEmpty(node: JsonNode): boolean {
  return isMissing(node) || node.value === ''
}

function entry(files: readonly ConfigPart[], kind: 'context' | 'cluster' | 'user', name: string): ConfigPart {
  for (const { node, folder } of files) {
    const found = listOf(field(node, `${kind}s`), maxEntries).find(
      (each) => textOf(field(each, 'name')) === name,
    )
    if (found !== undefined) return { node: field(found, kind), folder }
  }
  throw noKeyAccess('Kubernetes', `its configuration has no ${kind} ${JSON.stringify(name.slice(0, 100))}`)
}

function document(text: string, path: string): JsonNode {
  const refuse = (message: string): SigningError => noKeyAccess('Kubernetes', `${path}: ${message}`)
  const yaml = parseDocument(text, { uniqueKeys: true, merge: false, prettyErrors: false })
  if (yaml.errors.length > 0) throw refuse('it is not YAML')
  try {
    const value = parseStrictJson(Buffer.from(JSON.stringify(yaml.toJS({ maxAliasCount: 0 }))), { on: path })
    if (!isJsonObject(value)) throw refuse('it is no configuration')
    return { value, path: '', refuse }
  } catch (error) {
    // An alias, or more than we read. The message may quote a secret.
    if (error instanceof RegistryError || error instanceof ReferenceError) throw refuse('it cannot be read')
    throw error
  }
}
