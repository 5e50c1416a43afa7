import type { ContentFacts } from '../../../image/content-facts.ts'
import { baseName } from '../../../image/layer-path.ts'
import { LIMITS } from '../../../image/limits.ts'
import { captureLimits, captureOf, type CaptureKind } from '../metadata-paths.ts'
import { javaArtifacts } from './java-archive.ts'
import { javaRuntime } from './java-runtime.ts'
import { npmPackage } from './npm-package.ts'
import { pythonDistribution, pythonOfHeaders } from './python-metadata.ts'
import type { ToldComponents } from './told-components.ts'

/** What the observers of one image may keep. */
export interface CaptureBudget {
  /** Bytes. */
  metadata: number
  /** Pieces of software. */
  components: number
}

/** What one image may keep at first. */
export function captureBudget(): CaptureBudget {
  return { metadata: LIMITS.metadataTotalBytes, components: LIMITS.components }
}

type CapturedFacts = Pick<ContentFacts, 'metadata' | 'cutShort' | 'components' | 'unreadComponents'>

/** Keeps the content of the files that software is known by, or what it tells. */
export class FileCapture {
  readonly #budget: CaptureBudget
  readonly #limits: Readonly<Record<CaptureKind, number>>
  #kind: CaptureKind | undefined
  #path = ''
  #parts: Buffer[] = []
  #length = 0
  #cutShort = false

  constructor(budget: CaptureBudget, inventory: boolean) {
    this.#budget = budget
    this.#limits = inventory ? { ...captureLimits, java: LIMITS.javaArchiveBytes } : captureLimits
  }

  /** Forgets the last file. */
  begin(path: string): void {
    this.#kind = captureOf(path)
    this.#path = path
    if (this.#parts.length > 0) this.#parts = []
    this.#length = 0
    this.#cutShort = false
  }

  /** Whether there is anything to do for this file. */
  get wants(): boolean {
    return this.#kind !== undefined
  }

  write(chunk: Buffer): void {
    if (this.#kind === undefined) return
    const left = this.#limits[this.#kind] - this.#length
    const room = this.#kind === 'keep' ? Math.min(left, this.#budget.metadata) : left
    if (room < chunk.length) this.#cutShort = true
    if (room <= 0) return
    const part = Buffer.from(chunk.subarray(0, room))
    this.#parts.push(part)
    this.#length += part.length
    if (this.#kind === 'keep') this.#budget.metadata -= part.length
  }

  facts(): CapturedFacts {
    if (this.#kind === undefined) return {}
    const content = Buffer.concat(this.#parts)
    this.#parts = []
    if (this.#kind === 'keep') return { metadata: content, ...(this.#cutShort ? { cutShort: true } : {}) }
    // A part of a description tells nothing, except where the fields come first.
    if (this.#cutShort && this.#kind !== 'python') return { unreadComponents: 'it is too long' }
    return this.told(parsers[this.#kind](content, baseName(this.#path)))
  }

  /** What was told as facts, within the budget. */
  told({ components, problem }: ToldComponents): CapturedFacts {
    this.#budget.components -= components.length
    if (this.#budget.components < 0) return { unreadComponents: 'the image tells of too much software' }
    return {
      ...(components.length === 0 ? {} : { components }),
      ...(problem === undefined ? {} : { unreadComponents: problem }),
    }
  }
}

const parsers: Readonly<
  Record<Exclude<CaptureKind, 'keep'>, (content: Buffer, name: string) => ToldComponents>
> = {
  npm: npmPackage,
  python: pythonDistribution,
  java: javaArtifacts,
  'java-runtime': javaRuntime,
  'python-headers': pythonOfHeaders,
}
