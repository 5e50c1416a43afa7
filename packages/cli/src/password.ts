import type { ReadStream } from 'node:tty'
import { readAll } from '@assay/registry'
import type { Io } from './io.ts'
import { UsageError } from './usage-error.ts'

const maxLength = 4096
const maxPiped = 64 * 1024

/**
 * The password of a key file: from COSIGN_PASSWORD (an empty one counts), or typed at a terminal without echo;
 * for a new key twice.
 * @throws UsageError PASSWORD_REQUIRED where there is neither
 */
export async function keyPassword(io: Io, purpose: 'open' | 'create'): Promise<string> {
  const given = io.env['COSIGN_PASSWORD']
  if (given !== undefined) return given
  if (!io.terminal.stdin) {
    throw new UsageError('PASSWORD_REQUIRED', 'the private key needs a password', {
      hint: 'set COSIGN_PASSWORD; an empty value means no password',
    })
  }
  const password = await typed(io, 'Password for the private key: ')
  if (purpose === 'create' && (await typed(io, 'Once more: ')) !== password) {
    throw new UsageError('PASSWORD_REQUIRED', 'the two passwords differ')
  }
  return password
}

/**
 * The password of a registry, from stdin; one line end at its end does not belong to it.
 * @throws UsageError PASSWORD_REQUIRED where there is none
 */
export async function passwordFromStdin(io: Io): Promise<string> {
  const bytes = await readAll(io.stdin, { limit: maxPiped, on: 'the registry password' })
  const password = Buffer.from(bytes)
    .toString('utf8')
    .replace(/\r?\n$/, '')
  if (password === '') throw new UsageError('PASSWORD_REQUIRED', 'stdin holds no registry password')
  return password
}

/**
 * The password of a registry, typed at a terminal without echo.
 * @throws UsageError PASSWORD_REQUIRED where there is no terminal
 */
export async function typedPassword(io: Io, prompt: string): Promise<string> {
  if (io.terminal.stdin) return await typed(io, prompt)
  throw new UsageError('PASSWORD_REQUIRED', 'the registry password is missing', {
    hint: 'pipe it in with --password-stdin',
  })
}

async function typed(io: Io, prompt: string): Promise<string> {
  await io.writeErr(prompt)
  const terminal = asTerminal(io)
  terminal.setRawMode(true)
  try {
    return await readLine(terminal)
  } finally {
    terminal.setRawMode(false)
    terminal.pause()
    await io.writeErr('\n')
  }
}

function asTerminal(io: Io): ReadStream {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `terminal.stdin` says that it is one
  return io.stdin as ReadStream
}

/** Reads to the end of the line, key by key; backspace takes one back, ctrl-C and ctrl-D give up. */
async function readLine(terminal: ReadStream): Promise<string> {
  let line = ''
  for await (const chunk of terminal.iterator({ destroyOnReturn: false })) {
    for (const character of String(chunk)) {
      if (character === '\r' || character === '\n') return line
      if (character === '\u0003' || character === '\u0004') throw notTyped()
      if (character === '\u007f' || character === '\b') line = line.slice(0, -1)
      else line += character
      if (line.length > maxLength) throw new UsageError('PASSWORD_REQUIRED', 'the password is too long')
    }
  }
  throw notTyped()
}

function notTyped(): UsageError {
  return new UsageError('PASSWORD_REQUIRED', 'no password was typed')
}
