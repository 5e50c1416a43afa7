import type { Mutant } from './mutant.ts'

const registry = (path: string): string => `packages/registry/src/${path}.ts`
const content = 'test/attacks/registry-content.test.ts'
const credentials = 'test/attacks/registry-credentials.test.ts'
const lists = 'test/attacks/registry-lists.test.ts'
const unlisted = 'packages/registry/src/local/unlisted-referrers.test.ts'
const archives = 'test/e2e/archives.test.ts'
const copies = 'test/e2e/copy-image.test.ts'

/** The guards of the registry client, each with the test that fails without it. */
export const mutants: readonly Mutant[] = [
  {
    id: 'registry-manifest-digest',
    file: registry('remote/manifests'),
    find: 'if (isDigest(reference) && digest !== reference) {',
    replace: 'if (isDigest(reference) && digest === undefined) {',
    test: content,
  },
  {
    id: 'registry-blob-digest',
    file: registry('verified-stream'),
    find: 'if (got !== descriptor.digest) {',
    replace: 'if (got === undefined) {',
    test: content,
  },
  {
    id: 'registry-realm-credentials',
    file: registry('transport/auth'),
    find: 'if (credential !== undefined && !mayHaveCredentials) throw',
    replace: 'if (credential === undefined && !mayHaveCredentials && tried()) throw',
    test: credentials,
  },
  {
    id: 'registry-upload-elsewhere',
    file: registry('remote/endpoint'),
    find: 'url.origin === endpoint.origin.origin && url.username',
    replace: 'url.username',
    test: lists,
  },
  {
    id: 'registry-copied-referrer-subject',
    file: registry('copy-graph'),
    find: 'if (manifest.subject?.digest === descriptor.digest) await',
    replace: 'if (manifest.subject?.digest !== undefined) await',
    test: lists,
  },
  {
    id: 'layout-unlisted-digest',
    file: registry('local/unlisted-referrers'),
    find: 'if (digestOf(bytes, digestAlgorithm(digest)) !== digest) return undefined',
    replace: 'if (digestOf(bytes, digestAlgorithm(digest)) === undefined) return undefined',
    test: unlisted,
  },
  {
    id: 'layout-unlisted-subject',
    file: registry('local/unlisted-referrers'),
    find: 'return manifest.subject?.digest === subject ? manifest : undefined',
    replace: 'return manifest',
    test: unlisted,
  },
  {
    id: 'archive-name-twice',
    file: registry('local/archive/tar-index'),
    find: 'if (entries.has(entry.name)) throw',
    replace: 'if (entries.size < 0) throw',
    test: archives,
  },
  {
    id: 'copy-target-digest',
    file: 'packages/core/src/copy/copy-image.ts',
    find: 'if (reference.digest === undefined || reference.digest === root.digest) return',
    replace: 'if (reference.digest !== root.mediaType) return',
    test: copies,
  },
  {
    id: 'copy-tags-last',
    file: 'packages/core/src/copy/copy-image.ts',
    find: '  await copy(root)\n',
    replace:
      '  if (target.reference.tag !== undefined) await to.tag(root, target.reference.tag, call)\n  await copy(root)\n',
    test: copies,
  },
  {
    id: 'copy-attachments-unreachable',
    file: 'packages/core/src/attach/attached-tags.ts',
    find: "if (error instanceof RegistryError && error.code === 'NOT_FOUND') return undefined",
    replace: 'if (error instanceof RegistryError) return undefined',
    test: copies,
  },
]
