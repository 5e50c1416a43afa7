import type { Located } from '../policy/parse/located.ts'
import { entriesOf, fieldOf, itemsOf, textOf, type Collector } from './collector.ts'

/** Whether a document is a GitHub Actions workflow. */
export function isWorkflow(document: Located): boolean {
  const jobs = fieldOf(document, 'jobs')
  return jobs?.kind === 'map' && fieldOf(document, 'apiVersion') === undefined
}

/** Whether a document is the action.yml of a GitHub action. */
export function isAction(document: Located): boolean {
  return textOf(fieldOf(fieldOf(document, 'runs'), 'using')) !== undefined
}

/** Collects a workflow's images: of job containers, of services, and of steps that use `docker://…`. */
export function collectWorkflow(document: Located, collector: Collector): void {
  for (const [name, job] of entriesOf(fieldOf(document, 'jobs'))) {
    const container = fieldOf(job, 'container')
    const path = `jobs.${name}.container`
    if (container?.kind === 'map') collect(fieldOf(container, 'image'), `${path}.image`, collector)
    else collect(container, path, collector)
    for (const [service, described] of entriesOf(fieldOf(job, 'services')))
      collect(fieldOf(described, 'image'), `jobs.${name}.services.${service}.image`, collector)
    collectSteps(fieldOf(job, 'steps'), `jobs.${name}.steps`, collector)
  }
}

/** Collects an action's images: its own, and those of the steps of a composite one. */
export function collectAction(document: Located, collector: Collector): void {
  const runs = fieldOf(document, 'runs')
  const image = fieldOf(runs, 'image')
  if (textOf(image)?.startsWith('docker://') === true) collectUses(image, 'runs.image', collector)
  else if (image !== undefined)
    collector.remark(
      { at: image.at, path: 'runs.image' },
      'this action builds its image: give its Dockerfile with --dockerfile',
    )
  collectSteps(fieldOf(runs, 'steps'), 'runs.steps', collector)
}

function collectSteps(steps: Located | undefined, path: string, collector: Collector): void {
  for (const [index, step] of itemsOf(steps).entries()) {
    const uses = fieldOf(step, 'uses')
    if (textOf(uses)?.startsWith('docker://') === true) collectUses(uses, `${path}[${index}].uses`, collector)
  }
}

const scheme = 'docker://'

function collectUses(value: Located | undefined, path: string, collector: Collector): void {
  if (value?.kind !== 'string') return
  const text = value.value.slice(scheme.length)
  // The reference is the end of what is written.
  const span = { start: value.span.end - text.length, end: value.span.end }
  collect({ ...value, value: text, span }, path, collector)
}

function collect(value: Located | undefined, path: string, collector: Collector): void {
  if (value === undefined) return
  const spot = { at: value.at, path }
  if (value.kind !== 'string') collector.problem(spot, `the image is a ${value.kind}, expected text`)
  else if (value.value.includes('${{'))
    collector.unresolved(value.value, spot, {
      message: 'the image comes from an expression, which only a run of the workflow can answer',
      hint: 'write the image out',
    })
  // GitHub starts no container for an empty name.
  else if (value.value !== '') collector.image(value.value, spot, { span: value.span })
}
