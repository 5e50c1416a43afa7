import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, request as httpRequest } from 'node:http'
import { readFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { identityProvider } from './identity-provider.ts'
import { builtTool } from './interop-tools.ts'
import { pemOfKey } from './sigstore/certificate.ts'
import { serveCertificateLog } from './sigstore/ct-server.ts'
import { virtualSigstore } from './sigstore/virtual-sigstore.ts'

const programs = {
  fulcio: builtTool('services-tools', 'fulcio'),
  rekor: builtTool('services-tools', 'rekor-tiles'),
  tsa: builtTool('services-tools', 'timestamp-authority'),
}

/** The services of `.ci/services-tools.txt` that are not built here. */
export const missingServices: readonly string[] = Object.entries(programs).flatMap(([name, path]) =>
  path === undefined ? [name] : [],
)

/** Fulcio, Rekor and a timestamp authority of Sigstore’s own, on loopback; the certificate log is a stand-in. */
export interface RealSigstore extends AsyncDisposable {
  /** Where the files of operators are: fulcio.pem, tsa.pem, rekor.pub, ctfe.pub. */
  readonly directory: string
  readonly urls: {
    readonly fulcio: string
    readonly rekor: string
    readonly tsa: string
    readonly issuer: string
  }
  /** A token that Fulcio accepts, for release@acme.test. */
  readonly token: () => string
}

/** What the log calls itself. */
export const rekorOrigin = 'localhost'

export async function realSigstore(): Promise<RealSigstore> {
  const directory = await mkdtemp(join(tmpdir(), 'assay-services-'))
  const running: ChildProcess[] = []
  const tokens = virtualSigstore()
  const provider = await identityProvider(tokens)
  const ports = await freePorts(12)
  const port = (): number => ports.pop() ?? 0
  const path = (name: string): string => join(directory, name)
  const start = async (program: string | undefined, args: readonly string[], at: number): Promise<void> => {
    const child = spawn(program ?? '', args, {
      cwd: directory,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { HOME: directory },
    })
    running.push(child)
    await untilListening(child, at)
  }
  makeKeys(directory)
  const [fulcioPort, rekorPort, tsaPort] = [port(), port(), port()]
  const { ctLog } = tokens.services.fulcio
  const certificateLog = await serveCertificateLog(ctLog)
  await writeFile(path('ctfe.pub'), pemOfKey(ctLog.publicKey))
  const issuer = { IssuerURL: provider.url, ClientID: 'sigstore', Type: 'email' }
  await writeFile(path('fulcio.json'), JSON.stringify({ OIDCIssuers: { [provider.url]: issuer } }))
  const ca = [
    '--ca',
    'fileca',
    '--fileca-cert',
    path('fulcio.pem'),
    '--fileca-key',
    path('fulcio.key'),
    '--fileca-key-passwd',
    'secret',
    '--fileca-watch=false',
  ]
  const places = [
    '--host',
    '127.0.0.1',
    '--port',
    String(fulcioPort),
    '--grpc-host',
    '127.0.0.1',
    '--grpc-port',
    String(port()),
    '--metrics-port',
    String(port()),
    '--legacy-unix-domain-socket',
    path('legacy.sock'),
  ]
  await start(
    programs.fulcio,
    ['serve', ...ca, ...places, '--config-path', path('fulcio.json'), '--ct-log-url', certificateLog.url],
    fulcioPort,
  )
  const storage = [
    '--storage-dir',
    path('rekor'),
    '--persistent-antispam',
    '--checkpoint-interval',
    '1s',
    '--batch-max-age',
    '100ms',
  ]
  const rekorPlaces = [
    '--http-port',
    String(rekorPort),
    '--grpc-port',
    String(port()),
    '--http-metrics-port',
    String(port()),
  ]
  await mkdir(path('rekor'))
  await start(
    programs.rekor,
    ['serve', '--hostname', rekorOrigin, '--signer-filepath', path('rekor.key'), ...storage, ...rekorPlaces],
    rekorPort,
  )
  await start(
    programs.tsa,
    [
      'serve',
      '--host',
      '127.0.0.1',
      '--port',
      String(tsaPort),
      '--timestamp-signer',
      'memory',
      '--disable-ntp-monitoring',
    ],
    tsaPort,
  )
  const chain = await fetch(`http://127.0.0.1:${tsaPort}/api/v1/timestamp/certchain`)
  await writeFile(path('tsa.pem'), await chain.text())
  const front = await frontOf(path('rekor'), rekorPort)
  return {
    directory,
    urls: {
      fulcio: `http://127.0.0.1:${fulcioPort}`,
      rekor: front.url,
      tsa: `http://127.0.0.1:${tsaPort}/api/v1/timestamp`,
      issuer: provider.url,
    },
    token: () => tokens.identityToken({ subject: 'release@acme.test', issuer: provider.url }),
    [Symbol.asyncDispose]: async () => {
      await front.close()
      await certificateLog.close()
      for (const child of running) {
        const gone = child.exitCode === null ? once(child, 'exit') : undefined
        child.kill('SIGKILL')
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        await gone
      }
      await provider[Symbol.asyncDispose]()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** A CA for Fulcio, and a key for the log, by `openssl`. */
function makeKeys(directory: string): void {
  const openssl = (...args: readonly string[]): void => {
    execFileSync('openssl', args, { cwd: directory, stdio: 'ignore' })
  }
  const curve = ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256']
  openssl('genpkey', ...curve, '-aes256', '-pass', 'pass:secret', '-out', 'fulcio.key')
  openssl(
    'req',
    '-x509',
    '-new',
    '-key',
    'fulcio.key',
    '-passin',
    'pass:secret',
    '-days',
    '30',
    '-subj',
    '/O=acme/CN=fulcio',
    '-addext',
    'keyUsage=critical,keyCertSign,cRLSign',
    '-addext',
    'basicConstraints=critical,CA:TRUE,pathlen:1',
    '-out',
    'fulcio.pem',
  )
  openssl('genpkey', '-algorithm', 'ED25519', '-out', 'rekor.key')
  openssl('pkey', '-in', 'rekor.key', '-pubout', '-out', 'rekor.pub')
}

/** The log's one address: writes go to its server, reads to the files that it publishes, as its operators do it. */
async function frontOf(
  storage: string,
  port: number,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer((incoming, outgoing) => {
    const file = /^\/api\/v2\/((?:checkpoint|tile\/[x\d/.p]+|tile\/entries\/[x\d/.p]+))$/.exec(
      incoming.url ?? '',
    )?.[1]
    if (incoming.method === 'GET') {
      readFile(join(storage, file ?? 'missing')).then(
        (content) => outgoing.end(content),
        () => outgoing.writeHead(404).end(),
      )
      return
    }
    const { method, url, headers } = incoming
    const passed = httpRequest({ host: '127.0.0.1', port, method, path: url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    passed.on('error', () => outgoing.writeHead(502).end())
    incoming.pipe(passed)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    url: `http://localhost:${address.port}`,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createTcpServer().listen(0, '127.0.0.1'))
  const ports: number[] = []
  for (const server of servers) {
    // oxlint-disable-next-line no-await-in-loop -- all at once would race for nothing
    if (!server.listening) await once(server, 'listening')
    const address = server.address()
    if (address !== null && typeof address === 'object') ports.push(address.port)
  }
  for (const server of servers) server.close()
  return ports
}

async function untilListening(child: ChildProcess, port: number): Promise<void> {
  const said: Buffer[] = []
  child.stdout?.on('data', (chunk: Buffer) => said.push(chunk))
  child.stderr?.on('data', (chunk: Buffer) => said.push(chunk))
  for (let attempt = 0; attempt < 300 && child.exitCode === null; attempt += 1) {
    const socket = connect(port, '127.0.0.1')
    const open = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false)
    socket.destroy()
    if (open) return
    await setTimeout(100)
  }
  throw new Error(`a service did not start: ${Buffer.concat(said).toString().slice(-2000)}`)
}
