/** A policy that lets everything through which its program, at this URL, does. */
export function remoteProgramPolicy(url: string, digest: string): string {
  return `apiVersion: policy.sigstore.dev/v1beta1
kind: ClusterImagePolicy
metadata: {name: p}
spec:
  images: [{glob: '**'}]
  authorities: [{name: ci, static: {action: pass}}]
  policy: {type: cue, remote: {url: '${url}', sha256sum: ${digest}}}
`
}
