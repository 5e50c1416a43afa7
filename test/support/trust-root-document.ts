interface Material {
  readonly certificateAuthorities: readonly Chain[]
  readonly timestampAuthorities: readonly Chain[]
  readonly tlogs: readonly Log[]
  readonly ctlogs: readonly Log[]
}

interface Chain {
  readonly certChain: { readonly certificates: readonly { readonly rawBytes: string }[] }
}

interface Log {
  readonly baseUrl: string
  readonly publicKey: { readonly rawBytes: string }
}

/** A trusted root as a TrustRoot document of policy.sigstore.dev, named `mine`: base64 of PEM. */
export function trustRootDocument(trustedRoot: Uint8Array): string {
  const material: Material = JSON.parse(Buffer.from(trustedRoot).toString())
  const sigstoreKeys = {
    certificateAuthorities: material.certificateAuthorities.map(chain),
    timestampAuthorities: material.timestampAuthorities.map(chain),
    tLogs: material.tlogs.map(log),
    ctLogs: material.ctlogs.map(log),
  }
  const metadata = { name: 'mine' }
  return `---\n${JSON.stringify({ apiVersion: 'policy.sigstore.dev/v1alpha1', kind: 'TrustRoot', metadata, spec: { sigstoreKeys } })}\n`
}

function chain({ certChain }: Chain): unknown {
  const certificates = certChain.certificates.map(({ rawBytes }) => pem('CERTIFICATE', rawBytes))
  const subject = { organization: 'o', commonName: 'c' }
  return { subject, uri: 'https://ca.example', certChain: base64(certificates.join('\n')) }
}

function log({ baseUrl, publicKey }: Log): unknown {
  const key = base64(pem('PUBLIC KEY', publicKey.rawBytes))
  return { baseURL: baseUrl, hashAlgorithm: 'sha-256', publicKey: key }
}

function pem(label: string, rawBytes: string): string {
  return `-----BEGIN ${label}-----\n${(rawBytes.match(/.{1,64}/g) ?? []).join('\n')}\n-----END ${label}-----`
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
