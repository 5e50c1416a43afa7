import { pemOf, pemOfKey } from './sigstore/certificate.ts'
import type { VirtualSigstore } from './sigstore/virtual-sigstore.ts'
import type { Workspace } from './workspace.ts'

/** Writes what the operator of a Sigstore has: chains and public keys in PEM. */
export async function authorityFiles(place: Workspace, { services }: VirtualSigstore): Promise<void> {
  const { authority, ctLog } = services.fulcio
  const files = {
    'fulcio.pem': [authority.intermediate, authority.root].map(pemOf).join(''),
    'tsa.pem': services.tsa.chain.map(pemOf).join(''),
    'rekor-v1.pub': pemOfKey(services.rekorV1.keys.publicKey),
    'rekor.pub': pemOfKey(services.rekorV2.keys.publicKey),
    'ctfe.pub': pemOfKey(ctLog.publicKey),
  }
  for (const [name, text] of Object.entries(files)) {
    // oxlint-disable-next-line no-await-in-loop -- a few small files
    await place.write(name, text)
  }
}
