import { redact } from '@assay/registry'
import type { KeyAccess } from '../../keys/key-access.ts'
import { runProgram } from '../../run-program.ts'
import { withoutSecrets } from '../../services/without-secrets.ts'
import { SigningError } from '../../signing-error.ts'

/** `pkcs11-tool` of OpenSC with the module of a token. It and the module run in a process of their own. */
export interface TokenTool {
  readonly module: string
  readonly pin: string | undefined
  readonly access: KeyAccess
}

/** The PIN goes to the program in this variable: its command line is for everybody on the machine to read. */
const pinVariable = 'ASSAY_PKCS11_PIN'

/**
 * Runs `pkcs11-tool`, and gives what it printed.
 * @throws SigningError KEY_PLUGIN_FAILED with what the program said
 */
export async function runTokenTool(
  { module, pin, access }: TokenTool,
  args: readonly string[],
  input: { readonly stdin?: Uint8Array; readonly login?: boolean; readonly signal?: AbortSignal } = {},
): Promise<Buffer> {
  const login = input.login === true ? ['--login', '--pin', `env:${pinVariable}`] : []
  const { code, stdout, stderr } = await runProgram({
    program: 'pkcs11-tool',
    args: ['--module', module, ...login, ...args],
    env: { ...access.env, LC_ALL: 'C', ...(input.login === true && { [pinVariable]: pin }) },
    ...(input.stdin !== undefined && { stdin: input.stdin }),
    stderr: 'keep',
    signal: input.signal ?? access.signal,
    failed: tokenFailed,
  })
  if (code === 0) return stdout
  throw tokenFailed(withoutSecrets(stderr, [pin]))
}

/** What the token or its program did not do. */
export function tokenFailed(got: string, cause?: unknown): SigningError {
  const hint = hintFor(got, cause)
  return new SigningError('KEY_PLUGIN_FAILED', 'the token that keeps the key did not help', {
    on: 'pkcs11-tool',
    got: redact(got.trim().replaceAll(/\s*\n\s*/g, '; ')).slice(0, 500),
    ...(hint !== undefined && { hint }),
    cause,
  })
}

function hintFor(got: string, cause: unknown): string | undefined {
  if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT')
    return 'install OpenSC, which has the program pkcs11-tool'
  if (got.includes('CKR_PIN_LOCKED')) return 'who has the security officer’s PIN unlocks the token'
  if (got.includes('CKR_PIN_INCORRECT')) return 'tokens lock after a few wrong PINs: be sure before the next'
  return undefined
}
