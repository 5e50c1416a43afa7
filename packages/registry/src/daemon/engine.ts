import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { checkAborted } from '../aborted.ts'
import type { Call } from '../content.ts'
import { RegistryError, type RegistryErrorCode } from '../errors.ts'
import { isJsonObject, parseStrictJson } from '../json/strict-json.ts'
import { redact } from '../redact.ts'
import { limits } from '../transport/limits.ts'
import { nodeHttp } from '../transport/node-http.ts'
import { secureOnly } from '../transport/secure-only.ts'
import { discard, layered, type HttpResponse, type Transport } from '../transport/transport.ts'
import { readAll } from '../verified-stream.ts'
import { daemonEndpoint, type Environment } from './daemon-endpoint.ts'

/** A Docker engine, over its API (docs.docker.com "Docker Engine API"). */
export interface Engine {
  /**
   * The stream of `docker save` for one image.
   * @throws RegistryError NOT_FOUND, UNREACHABLE, UNAUTHORIZED
   */
  export(name: string, call?: Call): AsyncIterable<Uint8Array>
  /**
   * Gives the engine an archive, as `docker load` does.
   * @throws RegistryError WRITE_FAILED with what the engine said
   */
  load(archive: string, call?: Call): Promise<void>
}

const maxAnswer = 4 * 1024 * 1024
const maxQuote = 300
/** An engine may work for a while before it says the first word of an export, in milliseconds. */
const patience = 10 * 60_000

/** @throws RegistryError UNSUPPORTED for a `DOCKER_HOST` that we cannot use */
export async function openEngine(environment: Environment): Promise<Engine> {
  const endpoint = await daemonEndpoint(environment)
  const http = nodeHttp({ ...endpoint.connection, timeouts: { headers: patience, idle: patience } })
  const transport = layered(http.transport, secureOnly(new Set()), limits)
  const engine: Asked = { name: endpoint.name, transport, url: endpoint.url }
  let version: Promise<string> | undefined
  const versioned = async (call?: Call): Promise<string> => {
    version ??= apiVersion(engine, call)
    return await version
  }
  return {
    async *export(name, call) {
      const images = `/${await versioned(call)}/images/${name}`
      // Asked first: some engines begin an export of what they do not have.
      await discard(
        await ask(engine, { path: `${images}/json`, doing: 'looking for an image', on: name }, call),
      )
      const response = await ask(
        engine,
        { path: `${images}/get`, doing: 'exporting an image', on: name },
        call,
      )
      yield* response.body
    },
    async load(archive, call) {
      const { size } = await stat(archive)
      const response = await ask(
        engine,
        {
          method: 'POST',
          path: `/${await versioned(call)}/images/load?quiet=1`,
          doing: 'loading an image',
          on: endpoint.name,
          headers: { 'content-type': 'application/x-tar', 'content-length': String(size) },
          body: createReadStream(archive, { highWaterMark: 1024 * 1024 }),
        },
        call,
      )
      await checkLoaded(response, endpoint.name)
    },
  }
}

interface Asked {
  readonly name: string
  readonly transport: Transport
  readonly url: URL
}

interface Question {
  readonly method?: 'GET' | 'POST'
  readonly path: string
  readonly doing: string
  readonly on: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: AsyncIterable<Uint8Array>
}

/** The version that the engine speaks, for the paths: those without one are going away. */
async function apiVersion(engine: Asked, call?: Call): Promise<string> {
  const response = await ask(engine, { path: '/_ping', doing: 'greeting the engine', on: engine.name }, call)
  await discard(response)
  const version = response.headers['api-version'] ?? ''
  if (/^1\.[0-9]{1,3}$/.test(version)) return `v${version}`
  throw new RegistryError('PROTOCOL_ERROR', 'this is not a Docker engine', {
    on: engine.name,
    expected: 'an Api-Version like 1.47',
    got: redact(version.slice(0, 60)),
  })
}

async function ask(engine: Asked, question: Question, call?: Call): Promise<HttpResponse> {
  const { method = 'GET', path, headers = {}, body } = question
  checkAborted(call)
  const response = await send(engine, {
    method,
    url: new URL(path, engine.url),
    headers: { 'user-agent': 'assay', ...headers },
    ...(body !== undefined && { body }),
    ...(call?.signal !== undefined && { signal: call.signal }),
  })
  if (response.status === 200) return response
  throw new RegistryError(codeOf(response.status), `${question.doing}: the engine refuses`, {
    on: question.on,
    got: `status ${response.status}: ${await said(response, question.on)}`,
  })
}

async function send(engine: Asked, request: Parameters<Transport>[0]): Promise<HttpResponse> {
  try {
    return await engine.transport(request)
  } catch (error) {
    if (!(error instanceof RegistryError) || error.code !== 'UNREACHABLE') throw error
    throw new RegistryError('UNREACHABLE', 'the Docker engine cannot be reached', {
      on: engine.name,
      ...(error.got !== undefined && { got: error.got }),
      hint: 'DOCKER_HOST names another engine; its socket is for root and the group docker',
      cause: error,
    })
  }
}

function codeOf(status: number): RegistryErrorCode {
  if (status === 404) return 'NOT_FOUND'
  if (status === 401 || status === 403) return 'UNAUTHORIZED'
  return status >= 500 ? 'UNREACHABLE' : 'PROTOCOL_ERROR'
}

/** The engine's own words: `{"message": "…"}`. */
async function said(response: HttpResponse, on: string): Promise<string> {
  try {
    const body = parseStrictJson(await readAll(response.body, { limit: maxAnswer, on }), { on })
    const message = isJsonObject(body) ? body['message'] : undefined
    return typeof message === 'string' ? redact(message).slice(0, maxQuote) : ''
  } catch (error) {
    // The status has said enough; the words were only to help.
    if (error instanceof RegistryError) return ''
    throw error
  }
}

/** The answer to a load is 200 before the engine has read the archive; a failure comes as a line of JSON in it. */
async function checkLoaded(response: HttpResponse, on: string): Promise<void> {
  const text = Buffer.from(await readAll(response.body, { limit: maxAnswer, on })).toString('utf8')
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue
    const message = parseStrictJson(Buffer.from(line), { on })
    const error = isJsonObject(message) ? message['error'] : undefined
    if (error === undefined) continue
    throw new RegistryError('WRITE_FAILED', 'the engine did not take the image', {
      on,
      got: redact(typeof error === 'string' ? error : JSON.stringify(error)).slice(0, maxQuote),
    })
  }
}
