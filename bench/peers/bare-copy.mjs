// The peer of `registry.referrers`: copies an image and its referrers, one request after the other, with nothing
// checked. FROM TO REPOSITORY
import { Agent, request } from 'node:http'

const [from, to, repository] = process.argv.slice(2)
const agent = new Agent({ keepAlive: true })
const call = ({ method = 'GET', host, path, headers = {}, body }) =>
  new Promise((resolve, reject) => {
    const url = path.startsWith('http') ? path : `http://${host}${path}`
    const length = body === undefined ? {} : { 'content-length': body.length }
    const sent = request(url, { method, agent, headers: { ...headers, ...length } }, (response) => {
      const chunks = []
      response.on('data', (chunk) => chunks.push(chunk))
      response.on('end', () => {
        if (response.statusCode >= 300) reject(new Error(`${method} ${path}: ${response.statusCode}`))
        else resolve({ headers: response.headers, body: Buffer.concat(chunks) })
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })

const accept = 'application/vnd.oci.image.manifest.v1+json'
const done = new Set()
async function copyManifest(name) {
  const { body, headers } = await call({
    host: from,
    path: `/v2/bench/app/manifests/${name}`,
    headers: { accept },
  })
  const manifest = JSON.parse(body)
  for (const { digest } of [manifest.config, ...manifest.layers]) {
    if (done.has(digest)) continue
    done.add(digest)
    const blob = await call({ host: from, path: `/v2/bench/app/blobs/${digest}` })
    const started = await call({
      method: 'POST',
      host: to,
      path: `/v2/${repository}/blobs/uploads/`,
      body: Buffer.alloc(0),
    })
    const place = new URL(started.headers.location, `http://${to}`)
    place.searchParams.set('digest', digest)
    await call({ method: 'PUT', host: to, path: place.href, body: blob.body })
  }
  const type = { 'content-type': manifest.mediaType }
  await call({ method: 'PUT', host: to, path: `/v2/${repository}/manifests/${name}`, headers: type, body })
  return headers['docker-content-digest']
}
const digest = await copyManifest('1')
const list = await call({ host: from, path: `/v2/bench/app/referrers/${digest}` })
for (const referrer of JSON.parse(list.body).manifests) await copyManifest(referrer.digest)
process.exit(0)
