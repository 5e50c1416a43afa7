import type { Mutant } from './mutant.ts'

const inspect = (name: string): string => `packages/core/src/inspect/${name}.ts`
const tests = {
  memory: 'packages/core/src/inspect/facts/layer-memory.test.ts',
  report: 'packages/core/src/inspect/facts/report-memory.test.ts',
  directory: 'packages/core/src/inspect/facts/facts-directory.test.ts',
  broken: 'packages/core/src/inspect/starts/broken-image.test.ts',
  base: 'packages/core/src/base/compare-base.test.ts',
  waste: 'packages/core/src/inspect/waste.test.ts',
} as const

type Row = readonly [id: string, find: string, replace: string]

/** The guards of what is remembered of layers, and of the rules about images that cannot start. */
export const mutants: readonly Mutant[] = [
  ...without(inspect('facts/own-files'), tests.directory, [
    ['facts-directory-mode', '[path, 0o077]', '[path, 0]'],
    ['facts-parent-mode', '[dirname(path), 0o022]', '[dirname(path), 0]'],
    ['facts-file-mode', '(state.mode & 0o077) !== 0', 'state.mode < 0'],
    ['facts-file-kind', 'if (!state.isFile())', 'if (state.size < 0)'],
  ]),
  ...without(inspect('facts/facts-directory'), tests.directory, [
    ['facts-tag', 'timingSafeEqual(tag, tagOf(content, key, name))', 'tag.length > 0'],
    ['facts-name', '.update(about)', ''],
    ['facts-key', "createHmac('sha256', key)", "createHmac('sha256', 'key')"],
    ['facts-limit', 'held.bytes > limit', 'held.bytes < 0'],
    ['facts-entries', '|| held.files > maxEntries', ''],
  ]),
  ...without(inspect('facts/write-layer'), tests.memory, [
    ['facts-of-failure', '!isReadWhole(layer) ||', ''],
  ]),
  ...without(inspect('facts/layer-memory'), tests.memory, [
    ['facts-kind', 'kind, digest, size, mediaType]', 'digest, size, mediaType]'],
    ['facts-media-type', 'kind, digest, size, mediaType]', 'kind, digest, size]'],
  ]),
  ...without(inspect('facts/report-memory'), tests.report, [
    ['report-image', '[inspectionSchema, digest, mediaType,', '[inspectionSchema, mediaType,'],
    ['report-platform', ', platformName(platformOf(image))]', ']'],
    ['report-declared', '{ declared, exceptions, inventory }', '{ exceptions, inventory }'],
    ['report-exceptions', '{ declared, exceptions, inventory }', '{ declared, inventory }'],
    ['report-inventory', '{ declared, exceptions, inventory }', '{ declared, exceptions }'],
    ['report-of-failure', 'if (layers.every(isReadWhole)) ', ''],
    ['report-other', 'value.digest === digest', "digest !== ''"],
    ['report-frames', 'rest.length > 0 ||', ''],
  ]),
  ...without(inspect('facts/read-whole'), tests.report, [
    ['facts-unread-layer', 'failure === undefined &&', ''],
    ['facts-cut-short', 'entry.facts?.cutShort !== true', 'entry.size >= 0'],
  ]),
  ...without(inspect('inspect-image'), tests.report, [
    ['report-for-examiners', 'options.examine === undefined && options.files', 'options.files'],
    [
      'report-without-files',
      'options.examine === undefined && options.files !== true',
      'options.examine === undefined',
    ],
  ]),
  ...without(inspect('facts/read-layer-facts'), tests.memory, [
    ['facts-too-many', 'if (frames.next().done !== true)', 'if (blocks < 0)'],
  ]),
  ...without(inspect('starts/find-program'), tests.broken, [
    ['start-executable', "entry?.type === 'file' && (entry.mode & 0o111) !== 0", 'entry !== undefined'],
    ['start-last-path', '.findLast(', '.find('],
    ['start-working-directory', '`${workingDirectory}/${path}`', '`/${path}`'],
  ]),
  ...without(inspect('starts/start-problem'), tests.broken, [
    ['start-loader', 'facts?.elf?.interpreter', 'undefined'],
    ['start-interpreter-place', "asked.includes('/') ? asked : `./${asked}`", 'asked'],
  ]),
  ...without(inspect('starts/run-as-non-root'), tests.broken, [
    ['nonroot-range', 'uid < 0 || uid > largestUserId', 'uid < 0'],
    ['nonroot-account', 'if (account?.uid === 0)', 'if (uid < 0)'],
  ]),
  ...without('packages/core/src/base/compare-base.ts', tests.base, [
    ['base-empty', 'if (count === 0)', 'if (count < 0)'],
    ['base-platform', 'platformNames(base).includes(platform)', 'platformNames(base).length > 0'],
    ['base-digest', 'if (layer?.digest !== digest)', 'if (layer === undefined)'],
    ['base-diff-ids', 'if (config.diffIds.length !== count)', 'if (count < 0)'],
  ]),
  ...without(inspect('waste'), tests.waste, [
    ['waste-hardlink', 'kept.add(target)', 'kept.add(link)'],
    ['waste-duplicate', "if (known.has(sha256)) return 'duplicate'", ''],
  ]),
  ...without(inspect('checks/missing-program'), tests.broken, [
    ['start-unread', 'if (!isWholeImage(inspected)) return', ''],
  ]),
]

function without(file: string, test: string, rows: readonly Row[]): readonly Mutant[] {
  return rows.map(([id, find, replace]) => ({ id: `inspect-${id}`, file, find, replace, test }))
}
