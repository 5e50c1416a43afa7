import { randomUUID } from 'node:crypto'
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { gatePins, pinReferences, type GateReport } from '@assay/core'
import type { Io } from './io.ts'
import type { ReferenceSources } from './options/reference-sources.ts'
import { UsageError } from './usage-error.ts'

/**
 * Writes the digests that were decided about into the files that name the images, and says what it did.
 * @throws UsageError UNREADABLE_FILE when a file changed meanwhile or cannot be written; it is then as it was
 */
export async function pinFiles(sources: ReferenceSources, report: GateReport, io: Io): Promise<void> {
  for (const { file, found } of sources) {
    if (file === undefined) {
      const [image] = found.images
      if (image !== undefined)
        await io.writeErr(`note: ${image.place.file} is no file that could be pinned\n`)
      continue
    }
    const wanted = gatePins(report, found)
    const { text, count, left } = pinReferences(file.text, wanted.pins)
    for (const reference of [...wanted.left, ...left])
      await io.writeErr(`note: ${file.path}: ${reference} is not written out there and was not pinned\n`)
    if (count === 0) continue
    await replace(file.path, file.text, text)
    await io.writeErr(`pinned: ${file.path}: ${count} ${count === 1 ? 'image' : 'images'}\n`)
  }
}

/** All or nothing: the new text is written beside the file, and then takes its name. */
async function replace(path: string, before: string, after: string): Promise<void> {
  const beside = `${path}.${randomUUID()}.tmp`
  try {
    if (!(await readFile(path)).equals(Buffer.from(before)))
      throw new UsageError('UNREADABLE_FILE', 'the file changed meanwhile, or is not UTF-8', { on: path })
    const { mode } = await stat(path)
    await writeFile(beside, after, { flag: 'wx', mode })
    await rename(beside, path)
  } catch (error) {
    await rm(beside, { force: true })
    if (error instanceof UsageError || !(error instanceof Error)) throw error
    throw new UsageError('UNREADABLE_FILE', 'the file cannot be written', { on: path, cause: error })
  }
}
