import { writeFileSync } from 'node:fs'

/** Linux: which parts of a process's memory its core file holds (core(5), "Controlling which mappings are written"). */
const coreFilter = '/proc/self/coredump_filter'

/**
 * Keeps passwords and keys out of what a process that ends badly leaves behind: a core file, and that of every program
 * that this one starts, holds none of its memory, and Node's diagnostic reports none of its environment.
 */
export function keepMemoryPrivate(): void {
  if (process.platform === 'linux') keepOutOfCores()
  process.report.excludeEnv = true
}

/** A system that has no such file writes no core files either, or not by this kernel's rules. */
function keepOutOfCores(): void {
  try {
    writeFileSync(coreFilter, '0')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
  }
}
