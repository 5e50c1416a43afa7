import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A real image of the corpora, and its provenance as the bundle that a bare script would be handed. */
export interface CorpusImage {
  readonly reference: string
  readonly trustedRoot: string
  readonly identity: string
  readonly issuer: string
  /** A Sigstore bundle (v0.1, JSON) made of the image's `cosign save` attestation. */
  readonly bundle: string
}

interface SavedLayer {
  readonly digest: string
  readonly annotations: Readonly<Record<string, string>>
}

/** Reads slsa-verifier's v1.10.0 image. The bench trusts the corpora: they are ours to read, no hostile input. */
export function corpusImage(corpora: string): CorpusImage {
  const folder = join(corpora, 'github-signed-images', 'v1.10.0')
  const layout = join(folder, 'container_workflow_dispatch')
  const digest = readFileSync(`${layout}.digest`, 'utf8').trim()
  const index: { manifests: { digest: string; annotations: Record<string, string> }[] } = readJson(
    layout,
    'index.json',
  )
  const attestations = index.manifests.find((entry) => entry.annotations['kind']?.endsWith('/atts') === true)
  const manifest: { layers: readonly SavedLayer[] } = readJson(layout, blobPath(attestations?.digest ?? ''))
  const [layer] = manifest.layers
  if (layer === undefined) throw new Error('the corpus image has no attestation')
  return {
    reference: `oci:${layout}@${digest}`,
    trustedRoot: join(corpora, 'trust', 'public-good.trusted_root.json'),
    identity:
      'https://github.com/slsa-framework/slsa-github-generator/.github/workflows/generator_container_slsa3.yml@refs/tags/v1.10.0',
    issuer: 'https://token.actions.githubusercontent.com',
    bundle: JSON.stringify(bundleOf(layer, readJson(layout, blobPath(layer.digest)))),
  }
}

function bundleOf(layer: SavedLayer, envelope: unknown): unknown {
  const saved: { SignedEntryTimestamp: string; Payload: SavedPayload } = JSON.parse(
    layer.annotations['dev.sigstore.cosign/bundle'] ?? '',
  )
  const body: { kind: string; apiVersion: string } = JSON.parse(
    Buffer.from(saved.Payload.body, 'base64').toString(),
  )
  return {
    mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.1',
    verificationMaterial: {
      x509CertificateChain: {
        certificates: [{ rawBytes: pemBody(layer.annotations['dev.sigstore.cosign/certificate'] ?? '') }],
      },
      tlogEntries: [
        {
          logIndex: String(saved.Payload.logIndex),
          logId: { keyId: Buffer.from(saved.Payload.logID, 'hex').toString('base64') },
          kindVersion: { kind: body.kind, version: body.apiVersion },
          integratedTime: String(saved.Payload.integratedTime),
          inclusionPromise: { signedEntryTimestamp: saved.SignedEntryTimestamp },
          canonicalizedBody: saved.Payload.body,
        },
      ],
    },
    dsseEnvelope: envelope,
  }
}

interface SavedPayload {
  readonly body: string
  readonly integratedTime: number
  readonly logIndex: number
  readonly logID: string
}

function pemBody(pem: string): string {
  return pem.replaceAll(/-----[A-Z ]+-----|\s/g, '')
}

function blobPath(digest: string): string {
  return join('blobs', ...digest.split(':'))
}

// The corpora are our own test data: whoever calls says what the document is.
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- see above
function readJson<T>(folder: string, path: string): T {
  return JSON.parse(readFileSync(join(folder, path), 'utf8'))
}
