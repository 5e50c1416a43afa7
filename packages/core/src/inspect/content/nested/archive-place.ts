import type { ContentFacts, InnerFile, UnseenContent } from '../../../image/content-facts.ts'
import type { ContentSink } from '../../../image/content-sink.ts'
import { limitExceeded } from '../../../image/layer-error.ts'
import { LIMITS } from '../../../image/limits.ts'
import { isProgramName } from '../../program-names.ts'
import { baseName } from '../../../image/layer-path.ts'
import type { NestedBudget } from './nested-budget.ts'

/** An archive that is being read: where it lies, and what is to be done with what is in it. */
export class ArchivePlace {
  /** In the file of the layer: `a.war!WEB-INF/lib/b.jar`, and empty for that file itself. */
  readonly path: string
  readonly #depth: number
  readonly #report: NestedReport
  readonly #open: OpenInner

  constructor(report: NestedReport, open: OpenInner, at: { readonly path: string; readonly depth: number }) {
    this.#report = report
    this.#open = open
    this.path = at.path
    this.#depth = at.depth
  }

  /** Where a file in this archive takes its content; `size` where it is known. Undefined past the limits. */
  file(name: string, size?: number): ContentSink | undefined {
    this.#report.budget.files -= 1
    if (this.#report.budget.files < 0) {
      this.unseen('there are too many files in archives')
      return undefined
    }
    return this.#open(this, name, size)
  }

  /** An archive that is a file of this one; undefined where that is too deep. */
  within(name: string): ArchivePlace | undefined {
    if (this.#depth >= LIMITS.nestedDepth) {
      this.unseen(`an archive lies ${this.#depth + 1} archives deep`)
      return undefined
    }
    const path = this.pathOf(name)
    return new ArchivePlace(this.#report, this.#open, { path, depth: this.#depth + 1 })
  }

  pathOf(name: string): string {
    const short = name.slice(0, LIMITS.pathBytes)
    return this.path === '' ? short : `${this.path}!${short}`
  }

  /**
   * Takes what came out of the archive; false once the layer has cost too much.
   * @throws LayerError LIMIT_EXCEEDED once the image has
   */
  take(bytes: number): boolean {
    const { budget } = this.#report
    const { imageNestedBytes: limit } = LIMITS
    budget.image.bytes -= bytes
    if (budget.image.bytes < 0)
      throw limitExceeded('bytes in archives of all layers', limit, `more than ${limit}`)
    if (budget.bytes < 0) return false
    budget.bytes -= bytes
    if (budget.bytes >= 0) return true
    this.unseen('what comes out of archives is too large')
    return false
  }

  /** Takes memory for headers, or gives it back; false where there is none left. */
  takeHeaders(bytes: number): boolean {
    const { budget } = this.#report
    budget.headers -= bytes
    return budget.headers >= 0
  }

  /** Something in it could not be looked at. */
  unseen(reason: string): void {
    this.#report.unseen({ path: this.path, reason })
  }

  /** A file was looked at to its end. */
  seen(file: InnerFile): void {
    const isNamed = file.executable && isProgramName(baseName(file.path))
    if (file.matches.length > 0 || isNamed) this.#report.seen(file)
  }
}

export type OpenInner = (place: ArchivePlace, name: string, size: number | undefined) => ContentSink

/** Collects what the archives in one file of a layer told. */
export class NestedReport {
  readonly budget: NestedBudget
  readonly inner: InnerFile[] = []
  readonly problems: UnseenContent[] = []

  constructor(budget: NestedBudget) {
    this.budget = budget
  }

  seen(file: InnerFile): void {
    this.budget.findings -= 1
    if (this.budget.findings >= 0) this.inner.push(file)
    else this.unseen({ path: '', reason: 'there is too much to tell of archives' })
  }

  /** What was collected, as far as there is anything. */
  facts(): Pick<ContentFacts, 'inner' | 'unseen'> {
    return {
      ...(this.inner.length === 0 ? {} : { inner: this.inner }),
      ...(this.problems.length === 0 ? {} : { unseen: this.problems }),
    }
  }

  /** One problem of a kind is enough. */
  unseen(problem: UnseenContent): void {
    const known = this.problems.some(({ path, reason }) => path === problem.path && reason === problem.reason)
    if (!known && this.problems.length < mostProblems) this.problems.push(problem)
  }
}

const mostProblems = 20
