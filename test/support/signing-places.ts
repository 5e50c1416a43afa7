import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLayout, openLayout, openRepository, type ContentStore, type Descriptor } from '@assay/registry'
import { onTestFinished } from 'vitest'
import { buildImage, pushImage } from './image-builder.ts'
import { testRegistry } from './registry.ts'

/** A layout that is gone after the test. */
export async function createTemporaryLayout(): Promise<ContentStore> {
  const directory = await mkdtemp(join(tmpdir(), 'layout-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  await createLayout(join(directory, 'image'))
  return openLayout(join(directory, 'image'))
}

/** A repository of a registry in this process. */
export function repositoryOf(referrersApi: boolean): ContentStore {
  const registry = testRegistry({ referrersApi })
  return openRepository({ host: registry.host, repository: 'team/app' }, { transport: registry.transport })
}

/** A small image in the store. */
export async function pushedImage(store: ContentStore): Promise<Descriptor> {
  const image = await buildImage({ layers: [{ entries: [{ kind: 'file', path: 'app', content: 'hello' }] }] })
  return pushImage(store, image, 'v1')
}
