import { openRepository, registryTransport, type ContentStore, type Descriptor } from '@assay/registry'
import { expect } from 'vitest'
import { all, pushArtifact } from './artifacts.ts'
import { runCli } from './cli.ts'
import { attachLegacy, simpleSigning } from './legacy-signatures.ts'
import { testRegistry, type TestRegistry, type TestRegistryOptions } from './registry.ts'
import { password, plainImage, type Workspace } from './workspace.ts'

export interface AttachedScene {
  readonly image: Descriptor
  readonly scan: Descriptor
  readonly comment: Descriptor
  readonly sbom: Descriptor
}

/** An image with a signature, an attestation and an SBOM, each as a referrer, legacy tags, and a comment on a scan. */
export async function attachedScene(
  store: ContentStore,
  place: Workspace,
  reference: string,
): Promise<AttachedScene> {
  const image = await store.resolve('v1')
  await place.keys()
  const key = ['--key', place.path('release.key'), '--tlog-upload=false']
  expect(await runCli(['sign', ...key, reference], { env: password })).toMatchObject({ code: 0 })
  const predicate = await place.write('predicate.json', '{}')
  const attest = ['attest', ...key, '--type', 'custom', '--predicate', predicate, reference]
  expect(await runCli(attest, { env: password })).toMatchObject({ code: 0 })
  await attachLegacy(store, image, {
    suffix: 'sig',
    layers: [
      {
        payload: simpleSigning(image.digest),
        annotations: { 'dev.cosignproject.cosign/signature': 'AAAA' },
      },
    ],
  })
  const sbom = await pushArtifact(store, { subject: image, artifactType: 'application/spdx+json' })
  const scan = await pushArtifact(store, { subject: image, artifactType: 'application/scan' })
  const comment = await pushArtifact(store, { subject: scan, artifactType: 'application/comment' })
  return { image, scan, comment, sbom }
}

/** An image in the repository `a/b` of a registry. */
export async function imageAt(
  place: Workspace,
  host: string,
): Promise<{ store: ContentStore; reference: string }> {
  const image = await place.image('image', plainImage)
  const reference = `${host}/a/b:v1`
  expect(await runCli(['copy', image.reference, reference])).toMatchObject({ code: 0 })
  const store = openRepository({ host, repository: 'a/b' }, { transport: registryTransport() })
  return { store, reference }
}

/** The artifact types of all referrers. */
export async function typesOf(store: ContentStore, subject: Descriptor): Promise<readonly string[]> {
  const fresh = await all(store.referrers(subject.digest))
  return fresh.map(({ artifactType }) => artifactType ?? '').toSorted()
}

/** Serves a registry while the work lasts. */
export async function whileServed(
  options: TestRegistryOptions,
  work: (host: string, registry: TestRegistry) => Promise<void>,
): Promise<void> {
  const registry = testRegistry(options)
  const served = await registry.serve()
  try {
    await work(served.host, registry)
  } finally {
    await served.close()
  }
}
