import type { Mutant } from './mutant.ts'

const registry = (path: string): string => `packages/registry/src/${path}.ts`
const content = 'test/attacks/registry-content.test.ts'
const credentials = 'test/attacks/registry-credentials.test.ts'
const lists = 'test/attacks/registry-lists.test.ts'
const unlisted = 'packages/registry/src/local/unlisted-referrers.test.ts'
const archives = 'test/e2e/archives.test.ts'
const copies = 'test/e2e/copy-image.test.ts'
const replays = 'packages/registry/src/remote/replayable.test.ts'
const cleaning = 'test/e2e/cli-clean.test.ts'
const cleaningLimits = 'test/e2e/cli-clean-limits.test.ts'
const attaching = 'test/e2e/cli-attach.test.ts'
const newArchives = 'test/e2e/new-archives.test.ts'
const attached = (path: string): string => `packages/core/src/attached/${path}.ts`

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
    find: 'if (got !== descriptor.digest) throw',
    replace: 'if (got === undefined) throw',
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
    find: 'if (manifest.subject?.digest !== descriptor.digest) return []',
    replace: 'if (manifest.subject?.digest === undefined) return []',
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
  {
    id: 'registry-unlisted-before-removed',
    file: attached('remove-attached'),
    find: '      await store.unlist(subject, digests, call)\n',
    replace: '',
    test: cleaningLimits,
  },
  {
    id: 'registry-password-for-one',
    file: 'packages/cli/src/options/registry.ts',
    find: 'credential !== undefined && named.size > 1',
    replace: 'credential !== undefined && connections.size > 1',
    test: 'test/e2e/cli-login.test.ts',
  },
  {
    id: 'transport-loopback-without-proxy',
    file: 'packages/registry/src/transport/node-http.ts',
    find: 'isLoopbackHost(request.url.hostname) ||',
    replace: '',
    test: 'test/e2e/registry-proxy.test.ts',
  },
  {
    id: 'transport-metadata-without-proxy',
    file: 'packages/registry/src/transport/node-http.ts',
    find: ' || options.withoutProxy?.has(request.url.host) === true',
    replace: '',
    test: 'test/e2e/registry-proxy.test.ts',
  },
  {
    id: 'registry-clean-unchanged',
    file: attached('remove-attached'),
    find: '  await checkUnchanged(store, { tag, manifest }, call)\n',
    replace: '',
    test: cleaningLimits,
  },
  {
    id: 'registry-clean-parts',
    file: 'packages/core/src/attach/attached-tree.ts',
    find: ' || walk.parts.has(manifest.digest)',
    replace: '',
    test: cleaningLimits,
  },
  {
    id: 'registry-clean-what-was-seen',
    file: 'packages/core/src/source/joined-stores.ts',
    find: 'found !== undefined && found.digest === meant',
    replace: 'found !== undefined',
    test: cleaningLimits,
  },
  {
    id: 'registry-clean-only-attachments',
    file: attached('remove-attached'),
    find: 'if (!(await isAttachmentOnly(store, manifest, call))) throw',
    replace: 'if (manifest.size < 0) throw',
    test: cleaningLimits,
  },
  {
    id: 'registry-clean-only-named',
    file: attached('select-attached'),
    find: 'kinds.some((kind) => selection.kinds.has(kind))',
    replace: 'kinds.length > 0',
    test: cleaning,
  },
  {
    id: 'registry-clean-asks',
    file: 'packages/cli/src/commands/clean.ts',
    find: 'if (!isIdle && !consent.given) await',
    replace: 'if (!isIdle && consent.dryRun) await',
    test: cleaning,
  },
  {
    id: 'registry-attach-subject-statement',
    file: attached('check-subject'),
    find: 'if (!isAbout) throw',
    replace: 'if (!isAbout && subject.length === 0) throw',
    test: attaching,
  },
  {
    id: 'registry-attach-subject-payload',
    file: attached('check-subject'),
    find: 'if (claimed !== undefined && claimed !== subject) throw',
    replace: 'if (claimed !== undefined && claimed.length === 0) throw',
    test: attaching,
  },
  {
    id: 'registry-download-sbom-subject',
    file: attached('attached-files'),
    find: 'found.subject?.digest !== subject)',
    replace: 'found.subject === undefined)',
    test: attaching,
  },
  {
    id: 'registry-upload-claimed-position',
    file: registry('remote/replayable'),
    find: 'from <= end && ',
    replace: '',
    test: replays,
  },
  {
    id: 'registry-upload-last-bytes',
    file: registry('remote/replayable'),
    find: 'if (at === end && !isDone) await pullOnce()',
    replace: 'if (at < 0) await pullOnce()',
    test: replays,
  },
  {
    id: 'archive-spoiled',
    file: registry('local/archive/tar-writer'),
    find: 'if (unfilled.size > 0)',
    replace: 'if (unfilled.size < 0)',
    test: newArchives,
  },
  {
    id: 'registry-list-once',
    file: registry('copy-graph'),
    find: "listing: 'later', isNew }",
    replace: "listing: 'now', isNew }",
    test: 'test/e2e/registry.test.ts',
  },
]
