import type { Mutant } from './mutant.ts'

const image = (name: string): string => `packages/core/src/image/${name}.ts`
const inspect = (name: string): string => `packages/core/src/inspect/${name}.ts`
const tests = {
  tar: 'packages/core/src/image/tar-reader.test.ts',
  decompress: 'packages/core/src/image/decompress.test.ts',
  files: 'packages/core/src/inspect/files/list-files.test.ts',
  demand: 'packages/core/src/inspect/demand/judge-inspection.test.ts',
  archives: 'test/attacks/inspection-archives.test.ts',
  layers: 'test/attacks/inspection-layers.test.ts',
  links: 'test/attacks/inspection-links.test.ts',
  limits: 'test/attacks/inspection-limits.test.ts',
} as const

const content = (name: string): string => inspect(`content/${name}`)
const tocs = 'packages/core/src/image/toc/layer-tocs.test.ts'
const zipHeaders = 'packages/core/src/inspect/content/nested/zip-headers.test.ts'
const contentSearch = 'packages/core/src/inspect/content/content-search.test.ts'
const brokenImage = 'packages/core/src/inspect/starts/broken-image.test.ts'
const nested = 'packages/core/src/inspect/content/nested/nested-archives.test.ts'

type Row = readonly [id: string, find: string, replace: string]

/** The guards of the layer reader and of the verdict, each with the test that fails without it. */
export const mutants: readonly Mutant[] = [
  ...without(image('tar-reader'), tests.tar, [
    ['tar-ends-inside', '!(endStates.has(this.#state) || inPadding)', 'this.#offset < 0'],
    ['tar-lone-zero-block', "else if (this.#state === 'zero-block') {", 'else if (this.#offset < 0) {'],
    ['tar-header-limit', 'if (block.size > LIMITS.tarSpecialBytes)', 'if (block.size < 0)'],
    ['tar-end', "? 'ended' : 'zero-block'", "? 'header' : 'zero-block'"],
    ['tar-bytes-after-end', 'if (!this.#remarkedEnd && !isZero(rest))', 'if (this.#offset < 0)'],
    ['tar-sparse-data', 'if (data !== this.#remaining)', 'if (data < 0)'],
    ['tar-global', 'this.#consumer.remark(globalAmbiguity(content), this.#headerOffset, name)', ''],
  ]),
  ...without(image('tar-block'), tests.tar, [
    ['tar-checksum', 'if (!checksumHolds(block))', 'if (block.length === 0)'],
    ['tar-gnu-prefix', "gnuPrefix: format === 'gnu' && prefix !== ''", 'gnuPrefix: false'],
    ['tar-prefix', "prefix === '' ? name : `${prefix}/${name}`", 'name'],
  ]),
  ...without(image('tar-entry'), tests.tar, [
    [
      'tar-gnu-name-first',
      "extensions.longName || pax.get('path')",
      "pax.get('path') || extensions.longName",
    ],
    ['tar-pax-size', "numberOf(pax, 'size', block.size)", 'block.size'],
    ['tar-link-content', 'hasContent(type) ? size : 0', 'size'],
    ['tar-negative-size', 'if (size < 0 && hasContent(type))', 'if (size < 0 && size > 0)'],
  ]),
  ...without(image('pax'), tests.tar, [
    ['pax-nul', "if (guarded.includes('\\0'))", "if (guarded === '')"],
    ['pax-newline', 'if (content[end - 1] !== 0x0a)', 'if (end < 0)'],
  ]),
  ...without(image('tar-ambiguity'), tests.tar, [
    ['tar-names-differ', "yield 'gnu-name-over-pax'", "yield 'mixed-extensions'"],
    ['tar-repeated', 'if (paxCount > 1)', 'if (paxCount > 1_000_000)'],
  ]),
  ...without(image('inflate/gzip-decoder'), tests.decompress, [
    ['gzip-trailing', 'if (!full && left > 0)', 'if (left < 0)'],
    [
      'gzip-cut',
      'if (this.#fault === undefined) this.#decode(nothing',
      'if (this.#length < 0) this.#decode(nothing',
    ],
  ]),
  ...without(image('gzip'), tests.decompress, [
    ['gzip-fault', 'if (end.fault !== undefined)', 'if (end.length < 0)'],
  ]),
  ...without(image('read-layer'), 'packages/core/src/image/read-layer.test.ts', [
    ['layer-entries', 'if (this.entries.length >= LIMITS.entries)', 'if (this.entries.length < 0)'],
  ]),
  ...without(image('decompress'), tests.decompress, [
    ['layer-bytes', 'if (length > LIMITS.layerBytes)', 'if (length < 0)'],
  ]),
  ...without(image('overlay'), tests.links, [
    ['link-absolute', "entry.linkTarget.replace(/^(?:\\.{0,2}\\/)+/, '')", 'entry.linkTarget'],
    [
      'link-through-link',
      'const way = walk(this.root, parentPath(path), LIMITS.linkHops)\n    this.#checkWay(way, entry)\n    return way.node',
      'return walk(this.root, parentPath(path), 0).node',
    ],
    [
      'link-leads',
      'const followed = isLink ? this.#follow(way)?.children : undefined',
      'const followed = isLink ? this.root.children : undefined',
    ],
  ]),
  ...without(image('layer-path'), tests.links, [
    ['path-climbs', "if (name === '..') names.pop()", "if (name === '..' && names.length > 999) names.pop()"],
  ]),
  ...without(content('nested/archive-place'), nested, [
    ['nested-depth', 'if (this.#depth >= LIMITS.nestedDepth)', 'if (this.#depth < 0)'],
  ]),
  ...without(content('nested/compressed-content'), nested, [
    [
      'nested-ratio',
      'const isBomb = this.#length > LIMITS.ratioFrom && ',
      'const isBomb = this.#length < 0 && ',
    ],
    [
      'nested-gzip-cut',
      'if (fault !== undefined) this.#place.unseen',
      'if (this.#length < 0) this.#place.unseen',
    ],
  ]),
  ...without(content('nested/zip-headers'), zipHeaders, [
    ['zip-header-method', 'local.method !== central.method || ', ''],
    ['zip-header-name', ' || local.name !== central.name', ''],
    ['zip-header-size', 'local.size === central.size && ', ''],
    [
      'zip-header-missing',
      'local === undefined || !agree(local, central)',
      '!agree(local ?? { ...central, follows: false }, central)',
    ],
    ['zip-broken', 'if (this.#broken.has(position))', 'if (position < 0)'],
    ['zip-broken-unnamed', 'if (this.#broken.has(position))', 'if (this.#broken.size > 0)'],
  ]),
  ...without(content('nested/zip-member'), nested, [
    ['zip-encrypted', 'if ((flags & 1) !== 0)', 'if (flags < 0)'],
    ['zip-method', 'if (method === 0) return stored', 'if (method !== 8) return stored'],
    [
      'zip-ratio',
      'const isBomb = this.#length > LIMITS.ratioFrom && ',
      'const isBomb = this.#length < 0 && ',
    ],
    ['zip-size-behind', 'size === 0 && follows ? undefined : size', 'size'],
  ]),
  ...without(content('nested/appended-content'), nested, [
    ['appended-gap', 'form === undefined ? new ZipSearcher(this.#place)', 'form === undefined ? undefined'],
  ]),
  ...without(content('nested/open-archive'), nested, [
    ['archive-unseen', 'place.unseen(`its content cannot be inspected: ${form}`)', ''],
  ]),
  ...without(content('nested/ar-reader'), nested, [
    ['ar-cut', 'if (this.#left > 0 || this.#header.length > 0) this', 'if (this.#left < 0) this'],
    ['ar-header', "header.slice(58) !== '`\\n'", 'size < 0'],
    ['ar-objects', 'if (isObject(this.#staged)) return', ''],
    ['ar-padding', 'this.#skip = size % 2', ''],
  ]),
  ...without(content('shell-words'), contentSearch, [
    ['shell-tables', 'const kindsAtLeast = 3', 'const kindsAtLeast = 4'],
    ['shell-tables-few', 'const kindsAtLeast = 3', 'const kindsAtLeast = 2'],
  ]),
  ...without(inspect('checks/package-manager'), contentSearch, [
    ['package-of-manager', 'if (!isPackageManager(ecosystem, name)) continue', 'if (name !== "") continue'],
    ['package-of-manager-case', 'name.toLowerCase()', 'name'],
  ]),
  ...without(inspect('starts/start-problem'), brokenImage, [
    ['env-command', 'if (named !== undefined && findProgram', "if (named === '' && findProgram"],
  ]),
  ...without(inspect('starts/env-command'), brokenImage, [
    ['env-split', 'if (split === undefined) return', 'if (argument.length > 0) return'],
    ['env-option', "!word.startsWith('-') && ", ''],
    ['env-variables', 'words.find((word) => !/^[A-Za-z_]\\w*=/.test(word))', 'words[0]'],
  ]),
  ...without(image('toc/compare-toc'), tocs, [
    ['toc-left-out', 'differences.push(`it leaves out ${shown(entry.path)}`)', 'differences.push()'],
    ['toc-added', 'differences.push(`it has ${shown(path)}, which the tar does not have`)', ''],
    ['toc-mode', '(toc.mode & 0o7777) === entry.mode', 'toc.mode >= 0'],
    ['toc-xattr', 'sameXattrs(entry, toc)]', 'entry.uid >= 0]'],
  ]),
  ...without(image('toc/toc-contents'), tocs, [
    ['toc-digest', "first?.digest === `sha256:${whole.digest('hex')}` && parts.hold()", 'parts.hold()'],
    ['toc-chunks', '&& parts.hold()', ''],
  ]),
  ...without(image('toc/layer-tocs'), tocs, [
    ['toc-announced', 'digest === undefined || digestOf(content) === digest', 'content.length > 0'],
    ['toc-checksum', '!== digest) {', "=== '') {"],
  ]),
  ...without(image('zstd'), tests.decompress, [
    [
      'zstd-broken',
      "if (fault !== undefined) throw new LayerError('MALFORMED",
      "if (left < 0) throw new LayerError('MALFORMED",
    ],
  ]),
  ...without(image('zstd-frames'), tests.decompress, [
    ['zstd-cut', 'if (!atBorder || this.#frames === 0)', 'if (this.#frames < 0)'],
    ['zstd-window', 'if (bytes > 2n ** BigInt(LIMITS.zstdWindowLog))', 'if (bytes < 0n)'],
    ['zstd-trailing', 'else if (this.#frames > 0) throw', 'else if (this.#frames < 0) throw'],
  ]),
  ...without(image('decompress'), tests.archives, [
    ['bomb-ratio', 'if (length > LIMITS.ratioFrom && length', 'if (length < 0 && length'],
  ]),
  ...without(image('read-layer'), tests.archives, [
    ['path-length', 'if (longest > LIMITS.pathBytes)', 'if (longest < 0)'],
    ['path-depth', 'if (depth > LIMITS.pathDepth)', 'if (depth < 0)'],
  ]),
  ...without(image('overlay'), tests.layers, [
    ['whiteouts-first', 'const deleted = this.#applyWhiteouts(layer)', 'const deleted = new Set<string>()'],
    ['opaque', 'this.#hideChildren(whiteout.directory, entry.layer)', ''],
    ['twice-in-a-layer', "this.#remark('duplicate-path', entry)", ''],
    ['through-lower-link', "if (isLink) this.#remark('symlink-parent', entry)", ''],
    ['link-binds', 'this.linkTargets.set(entry, this.linkTargets.get(target.entry) ?? target.entry)', ''],
    ['dangling-link', "this.#remark('dangling-hardlink', entry)", ''],
  ]),
  ...without(image('overlay'), tests.files, [
    ['shadowed', "this.#doom(old, { kind: 'shadowed', layer: entry.layer })", ''],
  ]),
  ...without(inspect('verdict'), tests.demand, [
    ['unread-is-undecidable', 'if (unread.length > 0)', 'if (unread.length < 0)'],
    ['exceptions-of-shells', 'excusableClasses.has(finding.rule.class) &&', ''],
  ]),
  ...without(inspect('demand/exception'), tests.demand, [
    ['exception-path', ' || exception.path !== path', ''],
    [
      'exception-content',
      'if (exception.sha256 === undefined) return true',
      'if (exception.rule !== "") return true',
    ],
  ]),
  ...without(inspect('packages/owners'), 'packages/core/src/inspect/packages/listed-packages.test.ts', [
    ['package-digest', 'digests[algorithm] === digest', "digest !== ''"],
  ]),
  ...without(
    content('search/needle-matcher'),
    'packages/core/src/inspect/content/search/needle-matcher.test.ts',
    [['needle-border', 'start += searchBytes - anchorBytes + 1', 'start += searchBytes']],
  ),
  ...without(content('content-search'), 'packages/core/src/inspect/content/content-search.test.ts', [
    ['packed-unknown', 'if (bits < packedBits) return', 'if (bits < 9) return'],
    ['packed-sections', 'if (isSectionless(head)) this', 'if (head.length > 0) this'],
  ]),
  ...without(inspect('checks/layer-integrity'), tests.layers, [
    ['diff-id', 'actualDiffId !== undefined && diffId !== undefined && actualDiffId !== diffId', 'index < 0'],
  ]),
]

function without(file: string, test: string, rows: readonly Row[]): readonly Mutant[] {
  return rows.map(([id, find, replace]) => ({ id: `inspect-${id}`, file, find, replace, test }))
}
