import type { ContentMatch, InnerFile } from '../../image/content-facts.ts'
import { baseName, displayPath } from '../../image/layer-path.ts'
import type { LayerEntry } from '../../image/layer.ts'
import type { Check } from '../check.ts'
import { secretPatterns } from '../content/secret-patterns.ts'
import { placeOf, type Finding, type Rule } from '../finding.ts'
import { factsOf, type InspectedImage } from '../inspected-image.ts'

const rule: Rule = {
  id: 'secret',
  class: 'secret',
  severity: 'critical',
  title: 'There is a secret in the image. Deleting it in a later layer does not take it out.',
}

/** Names of files that hold secrets by their nature, where the content alone does not show it. */
const named =
  /^(?:\.env(?:\..+)?|\.netrc|_netrc|\.pgpass|\.git-credentials|\.pypirc|\.dockercfg|\.vault-token|\.htpasswd|.*\.(?:kdbx|p12|pfx)|.*\.tfstate)$/
const namedPaths =
  /(?:^|\/)(?:\.docker\/config\.json|\.aws\/credentials|\.kube\/config|\.config\/gcloud\/.*\.json)$/

export const secret: Check = {
  rule,
  entry: secretsIn,
  image: (inspected) => configSecrets(inspected),
}

function secretsIn(entry: LayerEntry, inspected: InspectedImage): readonly Finding[] {
  const facts = factsOf(inspected, entry)
  const own = ownSecrets(entry, facts?.matches.find(isSecret))
  return facts?.inner === undefined
    ? own
    : [...own, ...facts.inner.flatMap((file) => innerSecrets(entry, file))]
}

function isSecret({ signature }: ContentMatch): boolean {
  return signature.startsWith('secret.')
}

function innerSecrets(entry: LayerEntry, { path, matches }: InnerFile): readonly Finding[] {
  const match = matches.find(isSecret)
  if (match === undefined) return []
  const message = `${placeOf(entry, path)} holds a ${kindOf(match.signature)}`
  return [{ rule, entry, match, inner: path, message }]
}

function ownSecrets(entry: LayerEntry, match: ContentMatch | undefined): readonly Finding[] {
  if (match === undefined && !isNamedSo(entry)) return []
  const path = displayPath(entry.path)
  if (match !== undefined)
    return [{ rule, entry, match, message: `/${path} holds a ${kindOf(match.signature)}` }]
  const message = `/${path} has the name of a file that holds secrets`
  return [{ rule, severity: 'medium', entry, message }]
}

function isNamedSo(entry: LayerEntry): boolean {
  if (entry.type !== 'file' || entry.size === 0) return false
  return named.test(baseName(entry.path)) || namedPaths.test(entry.path)
}

function* configSecrets({ image }: InspectedImage): Generator<Finding> {
  const places: readonly (readonly [string, readonly string[]])[] = [
    ['an environment variable', image.config.env],
    ['a label', Object.values(image.config.labels)],
    ['the history', image.config.history.map((step) => step.createdBy)],
  ]
  for (const [place, texts] of places) {
    const kinds = new Set(texts.flatMap((text) => kindsIn(text)))
    for (const kind of kinds) yield { rule, message: `${place} of the image config holds a ${kindOf(kind)}` }
  }
}

function kindsIn(text: string): readonly string[] {
  return secretPatterns
    .filter((pattern) => {
      for (let at = text.indexOf(pattern.start); at >= 0; at = text.indexOf(pattern.start, at + 1)) {
        if (pattern.form.test(text.slice(at, at + 512))) return true
      }
      return false
    })
    .map((pattern) => pattern.id)
}

function kindOf(signature: string): string {
  return signature.replace('secret.', '').replaceAll('-', ' ')
}
