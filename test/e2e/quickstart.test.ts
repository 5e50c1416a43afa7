import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')

describe('the quickstart', () => {
  it('walks the whole path, and its commands can be repeated as printed', { timeout: 180_000 }, async () => {
    const result = await run(process.execPath, ['-C', '@assay/source', 'quickstart/quickstart.ts'])
    expect(result.code, result.output).toBe(0)
    for (const answer of [
      'DISTROLESS (strict)',
      'SIGNED oci:',
      'ATTESTED oci:',
      'VERIFIED oci:',
      'ALLOW oci:',
      'DENY oci:',
    ]) {
      expect(result.output).toContain(answer)
    }
    expect(result.output).not.toMatch(/warning|WEAKENED/i)

    // Everything that needs no service any more gives the same answer when a reader types it.
    const printed = [...result.output.matchAll(/^\$ npx --yes pnpm@12 --silent assay (.*)$/gm)].map(
      (match) => match[1] ?? '',
    )
    const repeatable = printed.filter((line) => /^(?:inspect|verify|gate) /.test(line))
    expect(repeatable.length).toBeGreaterThanOrEqual(6)
    for (const line of repeatable) {
      const again = await run('sh', ['-c', `exec sh packages/cli/run.sh ${line}`])
      expect(again.code, line).toBe(line.includes('tampered') ? 1 : 0)
    }
    expect(existsSync(resolve(root, 'quickstart-out/release.key'))).toBe(true)
    const policy = await readFile(resolve(root, 'quickstart-out/policy.yaml'), 'utf8')
    expect(policy).toContain('kind: ClusterImagePolicy')
  })
})

function run(
  command: string,
  args: readonly string[],
): Promise<{ readonly code: number | null; readonly output: string }> {
  return new Promise((done, fail) => {
    const child = spawn(command, [...args], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 120_000,
    })
    const chunks: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.on('error', fail)
    child.on('close', (code) => done({ code, output: Buffer.concat(chunks).toString('utf8') }))
  })
}
