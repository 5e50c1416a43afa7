import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openRecording } from './open-recording.ts'
import { recordingFiles } from './recording.ts'

test('a link in a recording is not read: it may have no end', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'assay-recording-'))
  await symlink('/dev/zero', join(folder, recordingFiles.manifest))
  const opening = openRecording(folder)
  await expect(opening).rejects.toMatchObject({ code: 'RECORDING_UNREADABLE' })
  await rm(folder, { recursive: true })
})
