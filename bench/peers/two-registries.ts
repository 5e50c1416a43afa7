// Two registries of the tests on loopback, the first with an image under /v2/bench/app:1 that has as many referrers as
// asked for. Each answer takes 5 ms, as one from the next room does. Prints { from, to } once they listen.
import { setTimeout as sleep } from 'node:timers/promises'
import { openRepository, registryTransport } from '@assay/registry'
import { pushArtifact } from '@assay/test-support/artifacts'
import { testRegistry } from '@assay/test-support/registry'

const count = Number(process.argv[2])
const [first, second] = [testRegistry(), testRegistry()]
const [from, to] = [await first.serve(), await second.serve()]
const store = openRepository({ host: from.host, repository: 'bench/app' }, { transport: registryTransport() })
const image = await pushArtifact(store)
await store.tag(image, '1')
for (let at = 0; at < count; at += 1) {
  await pushArtifact(store, {
    layer: `layer ${at} `.repeat(500),
    subject: image,
    artifactType: 'bench/referrer',
  })
}
for (const registry of [first, second]) {
  registry.setFaults([
    async () => {
      await sleep(5)
      return undefined
    },
  ])
}
process.stdout.write(`${JSON.stringify({ from: from.host, to: to.host })}\n`)
