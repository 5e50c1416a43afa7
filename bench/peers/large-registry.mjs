// A registry on loopback with one image at /v2/bench/app: one layer of as many megabytes as asked for, its gzip header
// followed by noise that repeats. All other repositories take what is pushed, keep none of it, and have nothing.
// Prints { host, layer } once it listens.
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'

const chunk = Buffer.alloc(1 << 20)
for (let at = 0, state = 1; at < chunk.length; at += 4) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  chunk.writeUInt32LE(state, at)
}
const first = Buffer.from(chunk)
first.set([0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0, 0, 3])
const count = Number(process.argv[2])
const digestOf = (bytes) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
const hash = createHash('sha256').update(first)
for (let at = 1; at < count; at += 1) hash.update(chunk)
const layer = `sha256:${hash.digest('hex')}`
const size = count * chunk.length

const oci = 'application/vnd.oci.image'
const config = Buffer.from(
  JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [layer] } }),
)
const manifest = Buffer.from(
  JSON.stringify({
    schemaVersion: 2,
    mediaType: `${oci}.manifest.v1+json`,
    config: { mediaType: `${oci}.config.v1+json`, digest: digestOf(config), size: config.length },
    layers: [{ mediaType: `${oci}.layer.v1.tar+gzip`, digest: layer, size }],
  }),
)
const empty = Buffer.from('{"schemaVersion":2,"manifests":[]}')

const sink = (request, response) => {
  const digest = new URL(request.url, 'http://localhost').searchParams.get('digest')
  request.resume()
  request.on('end', () => {
    if (request.method === 'POST')
      response.writeHead(202, { location: `${request.url.split('?')[0]}1`, 'content-length': 0 })
    else if (request.method === 'PUT')
      response.writeHead(201, { 'content-length': 0, ...(digest && { 'docker-content-digest': digest }) })
    else response.writeHead(404, { 'content-length': 0 })
    response.end()
  })
}

const server = createServer((request, response) => {
  const path = request.url.split('?')[0]
  const send = (type, bytes) => {
    response.writeHead(200, { 'content-type': type, 'content-length': bytes.length })
    response.end(request.method === 'HEAD' ? undefined : bytes)
  }
  if (!path.startsWith('/v2/bench/app/') && path !== '/v2/') return sink(request, response)
  if (path === '/v2/') return send('application/json', Buffer.from('{}'))
  if (path === '/v2/bench/app/manifests/1' || path.endsWith(`/manifests/${digestOf(manifest)}`))
    return send(`${oci}.manifest.v1+json`, manifest)
  if (path.includes('/referrers/')) return send(`${oci}.index.v1+json`, empty)
  if (path.endsWith(digestOf(config))) return send('application/octet-stream', config)
  if (!path.endsWith(layer)) return response.writeHead(404, { 'content-length': 0 }).end()
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': size })
  let sent = 0
  const more = () => {
    while (sent < count && !response.destroyed) {
      sent += 1
      if (!response.write(sent === 1 ? first : chunk)) return void response.once('drain', more)
    }
    response.end()
  }
  if (request.method === 'HEAD') response.end()
  else more()
})
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ host: `127.0.0.1:${server.address().port}`, layer, size })}\n`)
})
