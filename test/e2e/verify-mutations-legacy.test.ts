import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseTrustRoot, verifyBundle } from '@assay/core'
import { parseDigest } from '@assay/registry'
import { corpus } from '@assay/test-support/corpora'
import { mutated, mutatedInside, pathsOf, replaced, valueAt } from '@assay/test-support/mutate-json'
import { outcome } from '@assay/test-support/verification'
import { describe, expect, test } from 'vitest'
import { parseLegacyAttestation } from '../../packages/core/src/bundle/parse-legacy.ts'

const images = corpus('github-signed-images')
const root = join(corpus('trust') ?? '', 'public-good.trusted_root.json')
const versions = images === undefined ? [] : ['v1.5.0', 'v1.10.0', 'v2.1.0']

/** A layer of cosign's `.att` manifest, its annotations read as far as they are JSON. */
interface Layer {
  readonly envelope: unknown
  readonly certificate: string
  readonly bundle: unknown
}

const names = {
  certificate: 'dev.sigstore.cosign/certificate',
  bundle: 'dev.sigstore.cosign/bundle',
} as const

function blobOf(version: string, digest: string): string {
  const layout = join(images ?? '', version, 'container_workflow_dispatch')
  return readFileSync(join(layout, 'blobs', ...digest.split(':')), 'utf8')
}

function digestOf(version: string): ReturnType<typeof parseDigest> {
  const text = readFileSync(join(images ?? '', version, 'container_workflow_dispatch.digest'), 'utf8').trim()
  return parseDigest(text.startsWith('sha256:') ? text : `sha256:${text}`)
}

function layerOf(version: string): Layer {
  const index = JSON.parse(
    readFileSync(join(images ?? '', version, 'container_workflow_dispatch', 'index.json'), 'utf8'),
  )
  const { digest } = index.manifests.find(({ annotations }: any) => annotations.kind.endsWith('/atts'))
  const [layer] = JSON.parse(blobOf(version, digest)).layers
  return {
    envelope: JSON.parse(blobOf(version, layer.digest)),
    certificate: layer.annotations[names.certificate],
    bundle: JSON.parse(layer.annotations[names.bundle]),
  }
}

async function verify(version: string, { envelope, certificate, bundle }: Layer): Promise<string> {
  return await outcome(() => {
    const bytes = Buffer.from(JSON.stringify(envelope))
    const annotations = { [names.certificate]: certificate, [names.bundle]: JSON.stringify(bundle) }
    return verifyBundle(parseLegacyAttestation(bytes, annotations), {
      trust: parseTrustRoot(readFileSync(root)),
      subject: digestOf(version),
      source: { kind: 'file', format: 'bundle' },
      now: new Date(),
      transparencyLog: 'require',
      sct: 'require',
    })
  })
}

/** One field of a layer, and the check that a change of it must be refused by. */
const mutations: readonly (readonly [path: string, ...codes: readonly string[]])[] = [
  ['envelope.payload', 'MALFORMED_STATEMENT', 'SUBJECT_MISMATCH', 'LOG_ENTRY_MISMATCH'],
  ['envelope.payloadType', 'WRONG_PAYLOAD_TYPE'],
  ['envelope.signatures.0.sig', 'LOG_ENTRY_MISMATCH'],
  ['bundle.SignedEntryTimestamp', 'INVALID_LOG_PROMISE'],
  // The kind stands in the body alone, so that a body of no kind is no entry at all.
  ['bundle.Payload.body', 'INVALID_LOG_PROMISE', 'MALFORMED_BUNDLE'],
  ['bundle.Payload.integratedTime', 'INVALID_LOG_PROMISE'],
  ['bundle.Payload.logIndex', 'INVALID_LOG_PROMISE'],
  ['bundle.Payload.logID', 'MISSING_LOG_ENTRY'],
]

const cases = versions.flatMap((version) => mutations.map(([path, ...codes]) => ({ version, path, codes })))

describe.skipIf(images === undefined)('real legacy attestations with one field changed', () => {
  test.each(versions)('%s as it is', async (version) => {
    expect(await verify(version, layerOf(version))).toBe('ok')
  })

  test.each(cases)('$version: $path', async ({ version, path, codes }) => {
    for (const where of ['start', 'middle', 'end'] as const) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect(codes).toContain(
        await verify(version, asLayer(mutated(layerOf(version), path.split('.'), where))),
      )
    }
  })

  test.each(versions)('%s: the certificate', async (version) => {
    const layer = layerOf(version)
    const lines = layer.certificate.trim().split('\n')
    const der = Buffer.from(lines.slice(1, -1).join(''), 'base64')
    for (const at of [0, der.byteLength >> 1, der.byteLength - 1]) {
      const other = Buffer.from(der)
      other[at] = (other[at] ?? 0) ^ 1
      const body = other.toString('base64').match(/.{1,64}/g) ?? []
      const certificate = [lines[0], ...body, lines.at(-1)].join('\n')
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const code = await verify(version, { ...layer, certificate })
      expect(['INVALID_CERTIFICATE', 'LOG_ENTRY_MISMATCH']).toContain(code)
    }
  })

  test.each(versions)('%s: the subject and the predicate type of its statement', async (version) => {
    const layer = layerOf(version)
    const changed = (path: string, value: string): Layer => ({
      ...layer,
      envelope: mutatedInside(layer.envelope, ['payload'], (statement) =>
        replaced(statement, path.split('.'), () => value),
      ),
    })
    const digest = changed('subject.0.digest.sha256', '0'.repeat(64))
    expect(await verify(version, digest)).toBe('SUBJECT_MISMATCH')
    expect(await verify(version, changed('predicateType', 'https://acme.test/other'))).toBe(
      'LOG_ENTRY_MISMATCH',
    )
  })

  test.each(versions)('%s: the time, the key and the digests inside the log entry', async (version) => {
    const layer = layerOf(version)
    const body = ['Payload', 'body']
    const inner: unknown = JSON.parse(
      Buffer.from(String(valueAt(layer.bundle, body)), 'base64').toString('utf8'),
    )
    const texts = pathsOf(inner).filter((path) => typeof valueAt(inner, path) === 'string')
    expect(texts.length).toBeGreaterThan(5)
    for (const path of texts) {
      const bundle = mutatedInside(layer.bundle, body, (entry) => mutated(entry, path, 'middle'))
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect(await verify(version, { ...layer, bundle }), path.join('.')).toBe('INVALID_LOG_PROMISE')
    }
  })

  test.each(versions)('%s: any value that is missing or of another type', async (version) => {
    const layer = layerOf(version)
    const accepted: string[] = []
    // Annotations are texts before anything here reads them: the certificate is one.
    for (const path of pathsOf(layer).filter(([first]) => first !== 'certificate')) {
      for (const value of [null, 0, -1, '', 'x', [], {}, [null], true]) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        const code = await verify(version, asLayer(replaced(layer, path, () => value)))
        if (code === 'ok') accepted.push(`${path.join('.')} = ${JSON.stringify(value)}`)
      }
    }
    // The name of a key is a claim, which decides nothing.
    expect(accepted.filter((change) => !change.includes('keyid = '))).toEqual([])
  })
})

function asLayer(value: unknown): Layer {
  const { envelope, certificate, bundle } = Object(value)
  return { envelope, certificate, bundle }
}
