import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { writePrograms } from './recorded-programs.ts'

test('a recording takes as many programs as can be read again, and the same one once', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'assay-recording-'))
  const texts = Array.from({ length: 100 }, (_, index) => String(index))
  await expect(writePrograms(folder, [...texts, 'more'])).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  expect(await readdir(folder)).toEqual([])
  const written = await writePrograms(folder, [...texts, '0'])
  expect(written.length).toBe(100)
  expect(await readdir(join(folder, 'programs'))).toHaveLength(100)
  await rm(folder, { recursive: true })
})
