import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createPublicKey } from 'node:crypto'
import { parseBundle, parsePublicKey, parseTrustRoot, verifyBundle } from '@assay/core'
import { digestOf } from '@assay/registry'
import { bundleFromJSON } from '@sigstore/bundle'
import { TrustedRoot } from '@sigstore/protobuf-specs'
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify'
import { corpus } from '@assay/test-support/corpora'
import { pathsOf, replaced } from '@assay/test-support/mutate-json'
import { outcome } from '@assay/test-support/verification'
import { describe, expect, test } from 'vitest'

const assets = corpus('sigstore-conformance')
const productionRoot = join(corpus('trust') ?? '', 'public-good.trusted_root.json')
const names =
  assets === undefined
    ? []
    : readdirSync(assets).filter((name) => existsSync(join(assets, name, 'bundle.sigstore.json')))

interface Case {
  readonly bundle: unknown
  readonly artifact: Buffer
  readonly root: Buffer
  readonly key?: Buffer
}

function caseOf(name: string): Case {
  const folder = join(assets ?? '', name)
  const own = (file: string, other: string): Buffer =>
    readFileSync(existsSync(join(folder, file)) ? join(folder, file) : other)
  const text = readFileSync(join(folder, 'bundle.sigstore.json'), 'utf8')
  return {
    bundle: isJson(text) ? JSON.parse(text) : text,
    artifact: own('artifact', join(assets ?? '', 'a.txt')),
    root: own('trusted_root.json', productionRoot),
    ...(existsSync(join(folder, 'key.pub')) && { key: readFileSync(join(folder, 'key.pub')) }),
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

async function ours({ bundle, artifact, root, key }: Case): Promise<string> {
  return await outcome(() =>
    verifyBundle(parseBundle(Buffer.from(typeof bundle === 'string' ? bundle : JSON.stringify(bundle))), {
      trust: parseTrustRoot(root),
      keys: key === undefined ? [] : [parsePublicKey(key)],
      subject: digestOf(artifact),
      artifact,
      source: { kind: 'file', format: 'bundle' },
      now: new Date(),
      transparencyLog: 'require',
      sct: 'require',
    }),
  )
}

/** What the library says by itself, with its own reading of bundle and trusted root. */
function library({ bundle, artifact, root, key }: Case): string {
  try {
    const material = toTrustMaterial(TrustedRoot.fromJSON(JSON.parse(root.toString())), () => ({
      publicKey: createPublicKey(key ?? ''),
      validFor: () => true,
    }))
    new Verifier(material).verify(toSignedEntity(bundleFromJSON(bundle), artifact))
    return 'ok'
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/**
 * It wants a time even for a bare key, which needs none, and stumbles over a proof without a checkpoint where the log's
 * promise suffices.
 */
const explained = /inclusionPromise = .*: expected 1 timestamps|checkpoint = null: Cannot read properties/

describe.skipIf(assets === undefined)('@sigstore/verify as the oracle', () => {
  test.each(names)('%s: what we accept, it accepts', async (name) => {
    const about = caseOf(name)
    const said = await ours(about)
    expect([said === 'ok', said === 'ok' ? library(about) : 'ok']).toEqual([!name.endsWith('_fail'), 'ok'])
  })

  test.each(names.filter((name) => !name.endsWith('_fail')))(
    '%s with a value changed: what we accept, it accepts',
    async (name) => {
      const about = caseOf(name)
      const differing: string[] = []
      for (const path of pathsOf(about.bundle)) {
        for (const value of [null, 0, '', []]) {
          const changed = { ...about, bundle: replaced(about.bundle, path, () => value) }
          // oxlint-disable-next-line no-await-in-loop -- one after the other
          if ((await ours(changed)) !== 'ok') continue
          const said = library(changed)
          if (said !== 'ok') differing.push(`${path.join('.')} = ${JSON.stringify(value)}: ${said}`)
        }
      }
      expect(differing.filter((difference) => !explained.test(difference))).toEqual([])
    },
  )
})
