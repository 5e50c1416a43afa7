import type { Mutant } from './mutant.ts'

const registry = (path: string): string => `packages/registry/src/${path}.ts`
const core = (path: string): string => `packages/core/src/${path}.ts`
const content = 'test/attacks/registry-content.test.ts'
const uploads = 'test/attacks/registry-uploads.test.ts'
const artifacts = 'test/attacks/registry-artifacts.test.ts'
const accounts = 'test/attacks/inspection-accounts.test.ts'
const newArchives = 'test/e2e/new-archives.test.ts'
const daemon = 'test/e2e/docker-daemon.test.ts'
const catalog = 'test/e2e/cli-catalog.test.ts'
const owned = 'packages/registry/src/owned-chunks.test.ts'

/** The guards for what registries, engines and images say that they should not, each with its test. */
export const mutants: readonly Mutant[] = [
  {
    id: 'registry-manifest-denied',
    file: registry('remote/manifests'),
    find: 'if (!isDenied || denial === maxDenials) throw error',
    replace: 'if (isDenied || denial === maxDenials) throw error',
    test: content,
  },
  {
    id: 'registry-upload-in-parts',
    file: registry('remote/blob-upload'),
    find: 'if (isTooLarge(error) && !habits.inParts) {',
    replace: 'if (isTooLarge(error) && habits.inParts) {',
    test: uploads,
  },
  {
    id: 'registry-upload-least-part',
    file: registry('remote/blob-upload'),
    find: 'Math.max(partSize, upload.leastPart)',
    replace: 'partSize',
    test: uploads,
  },
  {
    id: 'registry-catalog-names',
    file: registry('remote/catalog'),
    find: "if (typeof name === 'string' && isRepository(name)) return name",
    replace: "if (typeof name === 'string' && isRepository('a')) return name",
    test: catalog,
  },
  {
    id: 'registry-catalog-not-offered',
    file: registry('remote/catalog'),
    find: 'if (page.response.status === 404)',
    replace: 'if (page.response.status === 0)',
    test: catalog,
  },
  {
    id: 'engine-only-here-without-tls',
    file: registry('daemon/engine'),
    find: 'secureOnly(new Set()), limits)',
    replace: 'limits)',
    test: daemon,
  },
  {
    id: 'engine-refuses-a-load',
    file: registry('daemon/engine'),
    find: 'if (error === undefined) continue',
    replace: "if (error !== '') continue",
    test: daemon,
  },
  {
    id: 'archive-cut-place',
    file: registry('local/archive/tar-writer'),
    find: 'unfilled.get(name) ?? reserve(',
    replace: 'reserve(',
    test: newArchives,
  },
  {
    id: 'chunks-of-others',
    file: registry('owned-chunks'),
    find: 'if (owned.delete(chunk)) freeAlone',
    replace: 'if (owned.delete(chunk) || chunk.byteLength > 0) freeAlone',
    test: owned,
  },
  {
    id: 'chunks-of-larger-memory',
    file: registry('owned-chunks'),
    find: ' && buffer.byteLength === byteLength',
    replace: ' && buffer.byteLength >= byteLength',
    test: owned,
  },
  {
    id: 'layer-read-to-its-end',
    file: core('image/read-layer'),
    find: '    progress.uncompressedSize += chunk.length\n',
    replace:
      '    progress.uncompressedSize += chunk.length\n    if (chunk.every((byte) => byte === 0)) break\n',
    test: artifacts,
  },
  {
    id: 'registry-clean-whole',
    file: core('attach/attached-tree'),
    find: '    if (isWhole(walk, referrer)) continue\n',
    replace: '',
    test: 'test/e2e/cli-clean.test.ts',
  },
  {
    id: 'user-out-of-range',
    file: core('inspect/accounts'),
    find: 'uid === undefined || uid > largestUserId',
    replace: 'uid === undefined',
    test: accounts,
  },
  {
    id: 'bundle-entries-counted-first',
    file: core('bundle/parse-bundle'),
    find: "field(material, 'tlogEntries'), maxLogEntries)",
    replace: "field(material, 'tlogEntries'), 1_000_000)",
    test: 'packages/core/src/bundle/parse-bundle.test.ts',
  },
]
