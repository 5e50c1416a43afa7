import type { Mutant } from './mutant.ts'

const inspect = (name: string): string => `packages/core/src/inspect/${name}.ts`
const test = (name: string): string => `packages/core/src/inspect/${name}.test.ts`
const tests = {
  databases: test('packages/package-databases'),
  listed: test('packages/listed-packages'),
  languages: test('packages/language-packages'),
  hostile: test('packages/hostile-databases'),
  demand: test('demand/judge-inspection'),
  sbom: 'packages/core/src/sbom/make-sboms.test.ts',
  license: 'packages/core/src/sbom/license.test.ts',
} as const

type Row = readonly [id: string, find: string, replace: string]

/** The guards of the inventory, each with the test that fails without it. */
export const mutants: readonly Mutant[] = [
  ...without(inspect('packages/owners'), tests.databases, [
    ['claim-digest', 'digests[algorithm] === digest', 'digests[algorithm] !== undefined'],
    ['claim-any', "status: 'modified', claim: first", "status: 'unknown', claim: first"],
    ['claim-links', 'return place?.path ?? folder', 'return folder'],
  ]),
  ...without(inspect('packages/owners'), tests.listed, [
    ['record-own-files', 'if (claim.root !== undefined && !mayClaim', 'if (claim.root === "-" && !mayClaim'],
    ['record-system', 'return isBeside && !isProgramName(baseName(path))', 'return isBeside'],
    ['record-prefix', 'if (systemPrograms.test(path)) return isBeside && !isProgramName(baseName(path))', ''],
    ['record-root', "(root !== '' && path.startsWith(`${root}/`))", 'path.startsWith(root)'],
    ['distribution-first', 'ofDistribution.length > 0 ? ofDistribution : all', 'all'],
  ]),
  ...without(inspect('packages/databases/dpkg'), tests.listed, [
    ['dpkg-conffiles', 'files.push(...configurationOf(paragraph, found.name))', ''],
    [
      'dpkg-removed',
      'if (found === undefined) continue',
      'if (found === undefined) return { packages, files: configurationOf(paragraph, "") }',
    ],
  ]),
  ...without(inspect('checks/modified-file'), tests.databases, [
    ['os-release', ' || meantToChange.has(entry.path)', ''],
    ['configuration', "configuration === true ? 'info' : 'medium'", "'medium'"],
  ]),
  ...without(inspect('programs'), tests.listed, [
    ['modified-is-unexplained', "if (integrity.status === 'unclaimed')", 'if (started.size >= 0)'],
  ]),
  ...without(inspect('programs'), tests.demand, [
    ['undecided-databases', '.unread.slice(0, listedAtMost)', '.unread.slice(0, 0)'],
  ]),
  ...without(inspect('demand/judge-inspection'), tests.demand, [
    [
      'undecided-accounted',
      "return open.length === 0 ? { status: 'met'",
      "return open.length >= 0 ? { status: 'met'",
    ],
  ]),
  ...without(inspect('runtime-files'), tests.languages, [
    ['declared-folders', 'declared.has(runtime) ? [form] : []', '[form]'],
    [
      'declared-java',
      "declared.has('java') ? foldersOf(inspected, javaHomeNames) : []",
      'foldersOf(inspected, javaHomeNames)',
    ],
    [
      'declared-node',
      "declared.has('node') ? foldersOf(inspected, 'npm') : []",
      "foldersOf(inspected, 'npm')",
    ],
  ]),
  ...without(inspect('packages/databases-of'), tests.hostile, [
    ['database-cut', 'if (facts.cutShort === true)', 'if (facts.metadata === undefined)'],
  ]),
  ...without(inspect('packages/databases/chisel'), tests.listed, [
    ['wall-count', "if (header['count'] !== lines.length + 1)", "if (header['count'] === -1)"],
  ]),
  ...without(inspect('packages/rpm/sqlite-wal'), tests.listed, [
    ['wal-sums', '|| !sums.are(log.u32(at + 16), log.u32(at + 20))', ''],
    ['wal-header', 'if (!sums.are(log.u32(24), log.u32(28)))', 'if (pageSize < 0)'],
  ]),
  ...without(inspect('packages/rpm/berkeley-db'), tests.hostile, [
    ['berkeley-circle', 'number === 0 || this.#used.has(number)', 'number === 0'],
  ]),
  ...without(inspect('content/capture/file-capture'), tests.hostile, [
    ['description-cut', "if (this.#cutShort && this.#kind !== 'python')", 'if (this.#length < 0)'],
  ]),
  ...without(inspect('content/capture/java-archive'), tests.languages, [
    ['jar-depth', 'if (depth >= depthAtMost)', 'if (depth < 0)'],
  ]),
  ...without('packages/core/src/sbom/make-sboms.ts', tests.sbom, [
    ['sbom-gaps', 'if (first !== undefined && allowIncomplete !== true)', 'if (first === null)'],
    ['sbom-unread-layers', "...(image.verdict === 'undecidable' ? image.reasons : [])", ''],
    ['sbom-platforms', 'if (first !== undefined && others.length === 0)', 'if (first !== undefined)'],
  ]),
  ...without('packages/core/src/sbom/license.ts', tests.license, [
    ['license-words', 'sound ?', 'text ?'],
    ['license-brackets', 'bracket === 0 &&', ''],
  ]),
]

function without(file: string, by: string, rows: readonly Row[]): readonly Mutant[] {
  return rows.map(([id, find, replace]) => ({ id, file, find, replace, test: by }))
}
