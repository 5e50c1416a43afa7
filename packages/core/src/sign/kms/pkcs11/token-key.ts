import type { HashAlgorithm } from '../../../trust/hash-algorithm.ts'
import type { KeyAccess } from '../../keys/key-access.ts'
import { SigningError } from '../../signing-error.ts'
import { firstSet } from '../first-set.ts'
import type { KeptKey } from '../kept-key.ts'
import { digestOf, type KeyTask } from '../key-task.ts'
import { malformedReference } from '../key-service.ts'
import { findPublicKey } from './token-objects.ts'
import { noPin, pinOf } from './token-pin.ts'
import { findSlot } from './token-slots.ts'
import { runTokenTool, tokenFailed } from './token-tool.ts'
import { parseTokenUri } from './token-uri.ts'

/**
 * A key of a PKCS #11 token, named by a URI of RFC 7512. Its public half takes no PIN.
 * @throws SigningError UNSUPPORTED_KEY, KEY_PLUGIN_FAILED, NO_KEY_ACCESS
 */
export async function tokenKey(resource: string, access: KeyAccess): Promise<KeptKey> {
  const uri = parseTokenUri(resource)
  const module = uri.modulePath ?? firstSet(access.env, 'COSIGN_PKCS11_MODULE_PATH')
  if (module?.startsWith('/') !== true)
    throw malformedReference('the absolute path of the module: ?module-path=… or COSIGN_PKCS11_MODULE_PATH')
  const tool = { module, pin: await pinOf(uri, access), access }
  const slot = await findSlot(tool, uri.slot)
  const inSlot = ['--slot', String(slot.id)]
  const { id, publicKey } = await findPublicKey(tool, inSlot, uri)
  return {
    publicKey,
    refuse: (got) => tokenFailed(got),
    sign: async (task, { signal = access.signal }) => {
      if (slot.isLocked) throw tokenFailed('its PIN is locked (CKR_PIN_LOCKED)')
      if (slot.needsPin && tool.pin === undefined) throw noPin()
      const { args, input } = mechanismOf(task)
      return runTokenTool(tool, [...inSlot, '--sign', '--id', id, ...args], {
        stdin: input,
        login: slot.needsPin,
        signal,
      })
    },
  }
}

/** DigestInfo up to the digest (RFC 8017 §9.2, note 1), for tokens that sign it as it is. */
const digestInfo: Readonly<Partial<Record<HashAlgorithm, string>>> = {
  sha256: '3031300d060960864801650304020105000420',
}

/** Digests are made here: what a token hashes itself, and with what, differs too much. */
function mechanismOf(task: KeyTask): { readonly args: readonly string[]; readonly input: Uint8Array } {
  if (task.form === 'message') return { args: ['--mechanism', 'EDDSA'], input: task.message }
  if (task.algorithm === 'ed25519')
    throw new SigningError(
      'UNSUPPORTED_KEY',
      'an Ed25519 key in a token does not sign for a log that sees only the hash',
      {
        expected: 'a key of ECDSA or RSA',
        got: 'ed25519',
      },
    )
  const digest = digestOf(task)
  if (task.algorithm === 'rsa') {
    const prefix = Buffer.from(digestInfo[task.hash] ?? '', 'hex')
    return { args: ['--mechanism', 'RSA-PKCS'], input: Buffer.concat([prefix, digest]) }
  }
  return { args: ['--mechanism', 'ECDSA', '--signature-format', 'openssl'], input: digest }
}
