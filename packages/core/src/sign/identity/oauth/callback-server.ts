import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { SigningError } from '../../signing-error.ts'
import { callbackPage, pageHeaders } from './callback-page.ts'
import { isSameSecret } from './id-token.ts'

/** The names of this machine that a browser may be sent back to. */
export const loopbackNames = ['localhost', '127.0.0.1'] as const
export type LoopbackName = (typeof loopbackNames)[number]

export interface Callback {
  readonly state: string
  /** What the answer has to say of its sender, where it says it (RFC 9207). */
  readonly issuer: string
  /** What this machine is called, the port and the path as the issuer knows them; a port of 0 means a free one. */
  readonly host: LoopbackName
  readonly port: number
  readonly path: string
  readonly signal: AbortSignal
  /** Called with the address that the browser is sent back to. */
  readonly started: (redirectUrl: string) => Promise<void>
  /** Turns the code into what was asked for; while it does, the browser waits for its page. */
  readonly exchange: (code: string, redirectUrl: string) => Promise<string>
}

/**
 * Waits on the loopback interface for the browser to come back with a code (RFC 8252 §7.3). Requests that do not
 * know the state are turned away, and do not end the wait: any page can make a browser send them. The one that
 * knows it is the last.
 * @throws SigningError NO_IDENTITY, and what `exchange` throws
 */
export async function awaitCallback(callback: Callback): Promise<string> {
  const server = createServer({ maxHeaderSize: 16 * 1024, requestTimeout: 10_000 })
  server.maxConnections = 20
  const result = answered(server, callback)
  result.catch(() => undefined) // awaited below; an early failure is no unhandled one
  try {
    server.listen(callback.port, '127.0.0.1')
    await once(server, 'listening')
    await callback.started(addressOf(server, callback))
    return await result
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')
      throw new SigningError('NO_IDENTITY', 'the port of --oidc-redirect-url is taken', {
        got: String(callback.port),
        cause: error,
      })
    throw error
  } finally {
    server.close()
    server.closeIdleConnections()
  }
}

function addressOf(server: Server, { host, path }: Pick<Callback, 'host' | 'path'>): string {
  return new URL(path, `http://${host}:${portOf(server)}`).href
}

function portOf(server: Server): number {
  const address = server.address()
  // Listening on a port of the loopback interface, it has one.
  return address !== null && typeof address === 'object' ? address.port : 0
}

interface Page {
  readonly status: number
  readonly title: string
  readonly text: string
}

function answered(server: Server, callback: Callback): Promise<string> {
  let used = false
  return new Promise((resolve, reject) => {
    const giveUp = (): void =>
      reject(new SigningError('NO_IDENTITY', 'nobody signed in in time', { hint: 'start again' }))
    if (callback.signal.aborted) giveUp()
    callback.signal.addEventListener('abort', giveUp, { once: true })
    server.on('request', (request, response) => {
      const show = ({ status, title, text }: Page): void => {
        response.writeHead(status, pageHeaders).end(callbackPage(title, text))
      }
      const url = URL.parse(request.url ?? '', addressOf(server, callback))
      const refusal =
        url === null || !isForUs(request.headers.host, portOf(server))
          ? notFound
          : turnedAway(url, { ...callback, used, method: request.method ?? '' })
      if (url === null || refusal !== undefined) return show(refusal ?? notFound)
      used = true
      const finished = (page: Page, settle: () => void): void => {
        response.once('close', settle)
        show(page)
      }
      codeOf(url)
        .then((code) => callback.exchange(code, addressOf(server, callback)))
        .then((value) => finished(signedIn, () => resolve(value)))
        .catch((error: unknown) => finished(failed(error), () => reject(error)))
    })
  })
}

/** Under another name it is asked by a page that had its own name point to this machine. */
function isForUs(host: string | undefined, port: number): boolean {
  // A URL leaves out the port of its protocol, and so do browsers.
  return loopbackNames.some((name) => host === new URL(`http://${name}:${port}`).host)
}

/** What is shown to a request that is not the answer that is waited for. */
function turnedAway(
  url: URL,
  expected: Pick<Callback, 'state' | 'issuer' | 'path'> & { readonly used: boolean; readonly method: string },
): Page | undefined {
  if (url.pathname !== expected.path || expected.method !== 'GET') return notFound
  const states = url.searchParams.getAll('state')
  if (states.length !== 1 || !isSameSecret(states[0] ?? '', expected.state)) return unknownState
  const issuers = url.searchParams.getAll('iss')
  if (issuers.some((issuer) => issuer !== expected.issuer)) return unknownState
  return expected.used ? usedAlready : undefined
}

async function codeOf({ searchParams }: URL): Promise<string> {
  const [code, ...others] = searchParams.getAll('code')
  if (code !== undefined && code !== '' && others.length === 0) return code
  const error = searchParams.get('error') ?? 'no code'
  throw new SigningError('NO_IDENTITY', 'the identity provider did not sign you in', {
    got: `${error} ${searchParams.get('error_description') ?? ''}`.trim().slice(0, 300),
  })
}

const notFound: Page = { status: 404, title: 'Not found', text: 'There is nothing here.' }
const unknownState: Page = {
  status: 400,
  title: 'This is not the sign-in that assay waits for',
  text: 'Nothing was signed with it. Use the page that assay named in the terminal.',
}
const usedAlready: Page = {
  status: 410,
  title: 'This sign-in was used already',
  text: 'Look into the terminal for how it ended.',
}
const signedIn: Page = {
  status: 200,
  title: 'You are signed in',
  text: 'assay goes on in the terminal. You can close this page.',
}

function failed(error: unknown): Page {
  const reason = error instanceof SigningError ? `${error.message}. ` : ''
  return {
    status: 403,
    title: 'You are not signed in',
    text: `${reason}Nothing was signed. The terminal says more.`,
  }
}
