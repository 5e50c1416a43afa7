import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import type { Io } from '../io.ts'
import { askBeforePublishing } from './identity.ts'

const token = {
  token: 'secret.of.somebody',
  issuer: 'https://id.acme.test',
  subject: 'release@acme.test',
  isEmail: true,
  expiresAt: new Date('2030-01-01T00:00:00Z'),
}
const log = {
  kind: 'log-entry' as const,
  hashOnly: [],
  promises: true,
  service: { name: 'Rekor' as const, url: 'https://rekor.acme.test' },
  testify: () => Promise.reject(new Error('nobody was asked')),
}

/** Asks somebody who types `answer`, or nobody where it is undefined; gives what was shown. */
async function ask(
  answer: string | undefined,
  options: { readonly yes?: boolean; readonly logs?: number } = {},
): Promise<string> {
  let shown = ''
  const io: Io = {
    env: {},
    now: new Date(),
    stdin: Readable.from([answer ?? '']),
    terminal: { stdin: answer !== undefined, stdout: false, stderr: false },
    signal: new AbortController().signal,
    writeOut: () => Promise.reject(new Error('a question is no result')),
    writeErr: (text) => {
      shown += text
      return Promise.resolve()
    },
  }
  const witnesses = Array.from({ length: options.logs ?? 1 }, () => log)
  await askBeforePublishing({ raw: { yes: options.yes === true }, io, token, witnesses })
  return shown
}

describe('the question before an identity goes into a public log', () => {
  it('names the identity and the log, and takes yes', async () => {
    for (const answer of ['y\n', 'YES\n']) {
      const shown = await ask(answer)
      expect(shown).toContain('release@acme.test (https://id.acme.test)')
      expect(shown).toContain('https://rekor.acme.test')
      expect(shown).not.toContain('secret')
    }
  })

  for (const answer of ['n\n', '\n', 'yess\n', '']) {
    it(`takes ${JSON.stringify(answer)} for no`, async () => {
      await expect(ask(answer)).rejects.toMatchObject({ code: 'DECLINED' })
    })
  }

  it('is not asked with --yes, without a log, or where nobody sits at the terminal', async () => {
    expect(await ask('n\n', { yes: true })).toBe('')
    expect(await ask('n\n', { logs: 0 })).toBe('')
    expect(await ask(undefined)).toBe('')
  })
})
