import { openRepository, registryTransport } from '@assay/registry'
import { pushArtifact } from '../artifacts.ts'

// A process of its own that pushes referrers of one subject: HOST REPOSITORY SUBJECT-TAG NAME COUNT
const [host = '', repository = '', tag = '', name = '', count = '0'] = process.argv.slice(2)
const store = openRepository({ host, repository }, { transport: registryTransport() })
const subject = await store.resolve(tag)
for (let at = 0; at < Number(count); at += 1) {
  await pushArtifact(store, { subject, artifactType: 'test/referrer', annotations: { name: `${name}${at}` } })
}
process.exit(0)
