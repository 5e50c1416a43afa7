import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { digestHex, digestOf, redact, RegistryError, type Digest } from '@assay/registry'
import { GateError } from '../gate/gate-error.ts'
import type { RemoteProgram } from '../policy/remote-program.ts'
import { maxPrograms, recordingFiles } from './recording.ts'

/**
 * Writes the programs that policies name by URL into a recording, each under its digest.
 * @throws RegistryError LIMIT_EXCEEDED: what is written has to be read again
 */
export async function writePrograms(folder: string, texts: readonly string[]): Promise<readonly Digest[]> {
  const byDigest = new Map(texts.map((text) => [digestOf(new TextEncoder().encode(text)), text]))
  if (byDigest.size > maxPrograms)
    throw new RegistryError('LIMIT_EXCEEDED', 'the policies name too many programs for one recording', {
      expected: `at most ${maxPrograms}`,
      got: String(byDigest.size),
      hint: 'record the image once for some of the policies, and once for the others',
    })
  if (byDigest.size > 0) await mkdir(join(folder, recordingFiles.programs))
  for (const [digest, text] of byDigest) {
    // oxlint-disable-next-line no-await-in-loop -- few and small
    await writeFile(programPath(folder, digest), text)
  }
  return [...byDigest.keys()]
}

export function programPath(folder: string, digest: Digest): string {
  return join(folder, recordingFiles.programs, digestHex(digest))
}

/** The recorded text of a program, wherever its policy has it from. */
export async function recordedProgram(
  { sha256, url }: RemoteProgram,
  programs: ReadonlyMap<string, string>,
): Promise<string> {
  const text = programs.get(`sha256:${sha256}`)
  if (text !== undefined) return text
  throw new GateError('PROGRAM_UNAVAILABLE', 'this program was not recorded', {
    on: redact(url),
    hint: 'record it with assay policy record --policy FILE, or put the program under data',
  })
}
