import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'

const server = resolve(import.meta.dirname, '../test/support/sigstore/server.ts')

/**
 * Starts the embedded Sigstore on loopback as a process of its own and waits until it listens. It writes
 * `trusted_root.json`, `signing_config.json` and `identity_token` into `directory`.
 */
export async function startSigstore(directory: string): Promise<AsyncDisposable> {
  const child = spawn(process.execPath, ['-C', '@assay/source', server, '--dir', directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await listening(child)
  return {
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null) return
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}

async function listening(child: ChildProcess): Promise<void> {
  const { stdout } = child
  if (stdout === null) throw new Error('the embedded Sigstore has no output')
  let said = ''
  for await (const chunk of stdout.iterator({ destroyOnReturn: false })) {
    said += String(chunk)
    if (said.includes('identity_token')) return
  }
  throw new Error('the embedded Sigstore did not start')
}
