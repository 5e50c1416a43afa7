import type { Digest } from '@assay/registry'

/** A CycloneDX document for the demo image, as a build would hand one to `assay attest`. */
export function sbomOf(image: Digest): string {
  const document = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: { type: 'container', name: 'demo', version: image } },
    components: [{ type: 'application', name: 'hello', version: '1.0.0', purl: 'pkg:generic/hello@1.0.0' }],
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

/** The demo's policy: signed by the key and by the release identity, an SBOM by the key, strictly distroless. */
export function policyFor(publicKey: string): string {
  const pem = publicKey.trimEnd().replaceAll('\n', '\n          ')
  return `apiVersion: assay.dev/v1alpha1
kind: ClusterImagePolicy
metadata:
  name: demo
spec:
  images:
    - glob: "oci:quickstart-out/**"
  require: all
  authorities:
    - name: release-key
      key:
        data: |
          ${pem}
      ctlog:
        url: https://rekor.sigstore.test
    - name: release-identity
      keyless:
        identities:
          - issuer: https://accounts.sigstore.test
            subject: release@sigstore.test
    - name: sbom
      key:
        data: |
          ${pem}
      ctlog:
        url: https://rekor.sigstore.test
      attestations:
        - name: sbom
          predicateType: https://cyclonedx.org/bom
  inspect:
    distroless: strict
`
}
