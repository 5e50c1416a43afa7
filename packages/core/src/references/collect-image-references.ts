import type { Located } from '../policy/parse/located.ts'
import { readYaml } from '../policy/parse/read-yaml.ts'
import { collectorOf, type Collector } from './collector.ts'
import { collectCompose, isCompose } from './compose.ts'
import { collectDockerfile } from './dockerfile.ts'
import type { Variables } from './expand.ts'
import type { FoundReferences } from './found-image.ts'
import type { ImagePath } from './image-path.ts'
import { collectKubernetes, isKubernetes } from './kubernetes.ts'
import { collectAction, collectWorkflow, isAction, isWorkflow } from './workflow.ts'

/** A file that names images. */
export interface ReferenceFile {
  /** As places are to name it. */
  readonly name: string
  readonly text: string
  readonly kind: 'manifest' | 'dockerfile' | 'compose'
}

export interface CollectOptions {
  /** Where custom resources name images. */
  readonly imagePaths?: readonly ImagePath[]
  /** The variables of compose files. */
  readonly variables?: Variables
  /** The arguments of the build. */
  readonly buildArgs?: Variables
}

const limits = { maxLength: 16 * 1024 * 1024, maxNodes: 1_000_000, lenient: true } as const

/**
 * Finds the images that a file names: Kubernetes manifests, compose files, GitHub workflows and actions (told
 * apart by what they hold), or a Dockerfile. What cannot be read is a problem, what only a run could tell is
 * unresolved: neither is ever left out. Throws nothing.
 */
export function collectImageReferences(file: ReferenceFile, options: CollectOptions = {}): FoundReferences {
  const collector = collectorOf(file.name)
  const { buildArgs = noVariables } = options
  if (file.kind === 'dockerfile') {
    collectDockerfile(file.text, collector, buildArgs)
    return collector.found()
  }
  const { documents, problems } = readYaml(file.text, file.name, limits)
  for (const { line, column, message } of problems)
    collector.problem({ at: { line, column }, path: '' }, message)
  for (const document of documents) collectDocument(document, collector, { kind: file.kind, ...options })
  return collector.found()
}

function collectDocument(
  document: Located,
  collector: Collector,
  {
    kind,
    imagePaths = [],
    variables = noVariables,
  }: CollectOptions & { readonly kind: 'manifest' | 'compose' },
): void {
  const spot = { at: document.at, path: '' }
  if (kind === 'compose') {
    if (isCompose(document)) collectCompose(document, collector, variables)
    else collector.problem(spot, 'this is no compose file: it has no services')
  } else if (isKubernetes(document)) collectKubernetes(document, collector, imagePaths)
  else if (isWorkflow(document)) collectWorkflow(document, collector)
  else if (isCompose(document)) collectCompose(document, collector, variables)
  else if (isAction(document)) collectAction(document, collector)
  else
    collector.remark(
      spot,
      'this is no Kubernetes object, compose file, workflow or action: it is not looked at',
    )
}

const noVariables: Variables = () => undefined
