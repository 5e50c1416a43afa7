import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseStatement } from '@assay/core'
import { CodedError } from '@assay/registry'
import type { SignRequest } from './request.ts'
import { staging } from './staging.ts'

const cli = resolve(import.meta.dirname, '../../../packages/cli/src/bin.ts')

/** Signs as a user would, with `assay sign-blob` or `assay attest-blob`, and answers with the exit code. */
export async function signBundle(request: SignRequest): Promise<number> {
  const cache = await mkdtemp(join(tmpdir(), 'assay-conformance-'))
  try {
    return await runCli(await argumentsOf(request), {
      ...process.env,
      SIGSTORE_ID_TOKEN: request.token,
      TUF_ROOT: cache,
      ...(request.staging && { TUF_MIRROR: staging.mirror, TUF_ROOT_JSON: staging.rootFile }),
    })
  } finally {
    await rm(cache, { recursive: true, force: true })
  }
}

async function argumentsOf(request: SignRequest): Promise<readonly string[]> {
  const { bundle, trustedRoot, signingConfig, file } = request
  const flags = [
    '--yes',
    '--bundle',
    bundle,
    ...(trustedRoot === undefined ? [] : ['--trusted-root', trustedRoot]),
    ...(signingConfig === undefined ? [] : ['--signing-config', signingConfig]),
  ]
  if (!request.inToto) return ['sign-blob', ...flags, file]
  return ['attest-blob', ...flags, '--statement', file, await subjectOf(file)]
}

/** The protocol names the statement only, the command what it is about as well. */
async function subjectOf(file: string): Promise<string> {
  const { subject } = parseStatement(await readFile(file))
  const [hex] = subject.flatMap(({ digest }) => digest['sha256'] ?? [])
  if (hex === undefined) throw new CodedError('USAGE', 'the statement is about nothing with a sha256 digest')
  return `sha256:${hex}`
}

function runCli(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, ['-C', '@assay/source', cli, ...args], { env, stdio: 'inherit' })
    child.on('error', fail)
    child.on('close', (code) => done(code ?? 1))
  })
}
