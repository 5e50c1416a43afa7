import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runCli } from '../support/cli.ts'

/** The commands that a help text lists. */
function commandsOf(help: string): readonly string[] {
  const section = /\nCommands:\n([\s\S]*?)(?:\n\n|$)/.exec(help)?.[1] ?? ''
  return [...section.matchAll(/^ {2}([a-z][a-z-]*)/gm)]
    .map((match) => match[1] ?? '')
    .filter((name) => name !== 'help')
}

describe('help', () => {
  it(
    'the program and every command, however deep, shows what it does with examples',
    { timeout: 120_000 },
    async () => {
      const left: (readonly string[])[] = [[]]
      const seen: string[] = []
      for (let path = left.shift(); path !== undefined; path = left.shift()) {
        const help = await runCli([...path, '--help'])
        const name = ['assay', ...path].join(' ')
        expect(help, name).toMatchObject({ code: 0, stderr: '' })
        expect(help.stdout, name).toMatch(new RegExp(`^Usage: ${name} `))
        expect(help.stdout, name).toContain('\nExamples:\n')
        expect(help.stdout, name).toMatch(new RegExp(`\\n {2}(?:[A-Z_]+="?\\S+ )?${name}`))
        seen.push(name)
        for (const command of commandsOf(help.stdout)) left.push([...path, command])
      }
      for (const name of ['inspect', 'sign', 'attest', 'verify', 'gate', 'keys generate', 'keys public']) {
        expect(seen).toContain(`assay ${name}`)
      }
    },
  )

  it('`help COMMAND` says the same as `COMMAND --help`', async () => {
    expect((await runCli(['help', 'verify'])).stdout).toBe((await runCli(['verify', '--help'])).stdout)
  })

  it('the version is the package’s', async () => {
    const description = await readFile(
      resolve(import.meta.dirname, '../../packages/cli/package.json'),
      'utf8',
    )
    const { version } = JSON.parse(description)
    expect(await runCli(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
    expect((await runCli(['-V'])).stdout).toBe(`${version}\n`)
  })

  it('without a command it shows the help, and that is no success', async () => {
    const result = await runCli([])
    expect(result.code).toBe(2)
    expect(result.stdout + result.stderr).toContain('Usage: assay')
  })
})
