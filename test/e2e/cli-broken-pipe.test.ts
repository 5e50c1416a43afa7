import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { bundledCli } from '../support/cli.ts'

const run = promisify(execFile)

describe('a reader that is gone', () => {
  it('is could not tell, without a stack trace', async () => {
    const reader = '{ exec <&-; sleep 2; }'
    const script = `"${process.execPath}" "${bundledCli}" sign --help | ${reader}; echo "\${PIPESTATUS[0]}"`
    expect(await run('bash', ['-c', script])).toEqual({ stdout: '3\n', stderr: '' })
  })
})
