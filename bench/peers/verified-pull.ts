// Reads one blob of a registry to its verified end, and leaves: HOST REPOSITORY DIGEST SIZE.
import { openRepository, parseDigest, registryTransport } from '@assay/registry'

const [host = '', repository = '', digest = '', size = ''] = process.argv.slice(2)
const store = openRepository({ host, repository }, { transport: registryTransport() })
const layer = {
  mediaType: 'application/octet-stream',
  digest: parseDigest(digest),
  size: Number(size),
}
let length = 0
for await (const chunk of store.open(layer)) length += chunk.byteLength
process.exit(length === layer.size ? 0 : 1)
