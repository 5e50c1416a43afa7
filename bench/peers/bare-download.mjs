// The peer of `registry.pull`: the least that can be done to fetch a URL and know its SHA-256.
import { createHash } from 'node:crypto'
import { get } from 'node:http'

const [url, digest] = process.argv.slice(2)
get(url, (response) => {
  const hash = createHash('sha256')
  response.on('data', (chunk) => hash.update(chunk))
  response.on('end', () => {
    if (`sha256:${hash.digest('hex')}` !== digest) throw new Error('another digest')
  })
})
