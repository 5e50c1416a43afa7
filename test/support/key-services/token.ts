import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { missing } from '../missing.ts'

/** Where Debian has the module of SoftHSM 2. */
export const tokenModule = '/usr/lib/softhsm/libsofthsm2.so'

/** Whether tokens can be made here; `.ci/install-packages` sees to it. */
export const hasTokens: boolean =
  existsSync(tokenModule) && spawnSync('pkcs11-tool', ['--help']).status !== null
if (!hasTokens) missing('SoftHSM or pkcs11-tool', 'run .ci/install-packages')

/** Tokens in a folder of their own. */
export interface TestTokens extends Disposable {
  readonly directory: string
  readonly env: Readonly<Record<string, string>>
  newToken(label: string): void
  newKey(token: string, key: { readonly type: string; readonly label: string; readonly id: string }): void
}

export const tokenPin = '4711-canary'

/** A SoftHSM without tokens yet. */
export function testTokens(): TestTokens {
  const directory = mkdtempSync(join(tmpdir(), 'assay-tokens-'))
  const config = join(directory, 'softhsm2.conf')
  writeFileSync(
    config,
    `directories.tokendir = ${directory}\nobjectstore.backend = file\nlog.level = ERROR\n`,
  )
  const env = { PATH: process.env['PATH'] ?? '', SOFTHSM2_CONF: config }
  const tool = (...args: readonly string[]): void => {
    execFileSync('pkcs11-tool', ['--module', tokenModule, ...args], { env, stdio: 'ignore' })
  }
  return {
    directory,
    env,
    newToken: (label) => {
      const pins = ['--pin', tokenPin, '--so-pin', '12345678']
      execFileSync('softhsm2-util', ['--init-token', '--free', '--label', label, ...pins], {
        env,
        stdio: 'ignore',
      })
    },
    newKey: (token, { type, label, id }) =>
      tool(
        '--token-label',
        token,
        '--login',
        '--pin',
        tokenPin,
        '--keypairgen',
        '--key-type',
        type,
        '--label',
        label,
        '--id',
        id,
      ),
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  }
}
