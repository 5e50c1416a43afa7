import { serviceTransport } from '@assay/registry'
import { programServer, sha256 } from '@assay/test-support/program-server'
import { expect, test } from 'vitest'
import type { RequestListener } from 'node:http'
import { fetchProgram } from './fetch-program.ts'

const transport = serviceTransport({ redirects: true })

async function fetched(
  answer: RequestListener,
  text: string,
  limit?: number,
): Promise<{ readonly outcome: unknown; readonly asked: readonly string[] }> {
  await using server = await programServer(answer)
  const program = { kind: 'remote', url: `${server.origin}/p`, sha256: sha256(text) } as const
  try {
    const access = { transport, ...(limit !== undefined && { limit }) }
    return { outcome: await fetchProgram(program, access), asked: server.asked }
  } catch (error) {
    return { outcome: error, asked: server.asked }
  }
}

test('a program is the text that its digest names', async () => {
  const text = '\u{feff}isCompliant: true // ü\n'
  const { outcome } = await fetched((_, response) => response.end(text), text)
  expect(outcome).toBe(text)
})

test('another text than the digest names is none, and the error has both digests', async () => {
  const { outcome } = await fetched((_, response) => response.end('true '), 'true')
  expect(outcome).toMatchObject({
    code: 'PROGRAM_MISMATCH',
    expected: `sha256 ${sha256('true')}`,
    got: `sha256 ${sha256('true ')}, 5 bytes`,
  })
})

test('the body of an error is no program, though its digest is right', async () => {
  for (const status of [404, 500, 206]) {
    const { outcome } = await fetched((_, response) => response.writeHead(status).end('true'), 'true')
    expect(outcome).toMatchObject({ code: 'PROGRAM_UNAVAILABLE', got: `status ${status}` })
  }
})

test('a program without end is cut at the limit', async () => {
  const chunk = Buffer.alloc(64 * 1024, ' ')
  const { outcome } = await fetched((_, response) => {
    const more = (): void => {
      while (!response.destroyed && response.write(chunk));
    }
    response.on('drain', more)
    more()
  }, 'true')
  expect(outcome).toMatchObject({ code: 'LIMIT_EXCEEDED', expected: `at most ${256 * 1024} bytes` })
})

test('a server that answers too slowly as a whole is given up', async () => {
  const { outcome } = await fetched(
    (_, response) => {
      const drip = setInterval(() => response.write(' '), 10)
      response.on('close', () => clearInterval(drip))
    },
    'true',
    200,
  )
  expect(outcome).toMatchObject({ code: 'PROGRAM_UNAVAILABLE' })
})

test('bytes that are no text are no program', async () => {
  const bytes = Buffer.from([0x74, 0xff])
  await using server = await programServer((_, response) => response.end(bytes))
  const program = { kind: 'remote', url: server.origin, sha256: sha256(bytes) } as const
  await expect(fetchProgram(program, { transport })).rejects.toMatchObject({
    code: 'PROGRAM_UNAVAILABLE',
    expected: 'UTF-8',
  })
})

test('a redirect is followed, but never to a URL with credentials', async () => {
  const { outcome, asked } = await fetched((request, response) => {
    if (request.url === '/p') response.writeHead(302, { location: '/q' }).end()
    else response.end('true')
  }, 'true')
  expect([outcome, asked]).toEqual(['true', ['/p', '/q']])
  const refused = await fetched((request, response) => {
    const location = `http://me:secret@${request.headers.host}/q`
    if (request.url === '/p') response.writeHead(302, { location }).end()
    else response.end('true')
  }, 'true')
  expect(refused).toMatchObject({ outcome: { code: 'PROTOCOL_ERROR' }, asked: ['/p'] })
})
