import {
  fulcioUrlOf,
  generateKeyPair,
  keylessSigner,
  keySigner,
  openPrivateKey,
  parseIdentityToken,
  parseSigningConfig,
  parseTrustRoot,
  witnessesOf,
  attestImage,
  signImage,
  type AttestImageOptions,
  type ImageInStore,
  type MessageSigner,
  type NewKeyAlgorithm,
  type PrivateKey,
  type SignedImage,
  type SignImageOptions,
  type TrustRoot,
  type Witness,
} from '@assay/core'
import type { SigningConfigChoice } from './sigstore/trust-documents.ts'
import type { TokenOptions, VirtualSigstore } from './sigstore/virtual-sigstore.ts'

/** What the signing functions need, made from a virtual Sigstore the way that the command line does it. */
export interface SigningSetup {
  readonly witnesses: readonly Witness[]
  readonly trust: TrustRoot
  readonly now: () => Date
}

export function signingSetup(
  sigstore: VirtualSigstore,
  options: Partial<SigningConfigChoice> & { readonly timeout?: number } = {},
): SigningSetup {
  const { timeout, ...choice } = options
  const config = parseSigningConfig(sigstore.signingConfig(choice))
  const transparencyLog = choice.rekor !== 'none'
  const trust = parseTrustRoot(sigstore.trustedRoot)
  const access = {
    transport: sigstore.transport,
    trust: () => Promise.resolve(trust),
    ...(timeout !== undefined && { timeout }),
  }
  return {
    witnesses: witnessesOf(config, { now: sigstore.now(), transparencyLog }, access),
    trust,
    now: sigstore.now,
  }
}

/** Signs with a certificate of the virtual Fulcio. */
export function virtualKeylessSigner(
  sigstore: VirtualSigstore,
  options: TokenOptions & { readonly timeout?: number } = {},
): MessageSigner {
  const config = parseSigningConfig(sigstore.signingConfig())
  const token = parseIdentityToken(sigstore.identityToken(options), sigstore.now())
  const { timeout } = options
  return keylessSigner({
    transport: sigstore.transport,
    fulcioUrl: fulcioUrlOf(config, sigstore.now()),
    token,
    ...(timeout !== undefined && { timeout }),
  })
}

/** A fresh key and its signer. */
export async function freshKey(
  algorithm: NewKeyAlgorithm = 'ecdsa-p256',
): Promise<{ readonly key: PrivateKey; readonly signer: MessageSigner }> {
  const { privateKeyPem } = await generateKeyPair({ password: '', algorithm })
  const key = await openPrivateKey(privateKeyPem, '')
  return { key, signer: keySigner(key) }
}

/** Signs one image in one form. */
export async function signOne(image: ImageInStore, options: SignImageOptions): Promise<SignedImage> {
  return single(await signImage(image, options))
}

/** Attests one image in one form. */
export async function attestOne(image: ImageInStore, options: AttestImageOptions): Promise<SignedImage> {
  return single(await attestImage(image, options))
}

function single(signed: readonly SignedImage[]): SignedImage {
  const [only, ...others] = signed
  if (only === undefined || others.length > 0) throw new Error(`${signed.length} signatures instead of one`)
  return only
}
