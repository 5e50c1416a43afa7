// Keys, identities and services, and what is made with them.

export { encryptPrivateKey, openPrivateKey } from '../sign/keys/encrypted-key.ts'
export { generateKeyPair, isNewKeyAlgorithm, newKeyAlgorithms } from '../sign/keys/generate-key-pair.ts'
export type { KeyPairFiles, NewKeyAlgorithm } from '../sign/keys/generate-key-pair.ts'
export {
  readPrivateKeyFile,
  readPublicKeyFile,
  writeKeyFiles,
  writePublicKeyFile,
  checkPublicKeyFile,
} from '../sign/keys/key-files.ts'
export type { WrittenKeyFiles } from '../sign/keys/key-files.ts'
export { publicKeyPem, type PrivateKey } from '../sign/keys/private-key.ts'
export { makeSigningConfig } from '../sign/services/make-signing-config.ts'
export type { DescribedService } from '../sign/services/make-signing-config.ts'
export { isServiceUrl, parseSigningConfig } from '../sign/services/signing-config.ts'
export type { SigningConfig } from '../sign/services/signing-config.ts'
export { fulcioUrlOf, issuerUrlOf, witnessesOf } from '../sign/services/signing-services.ts'
export type { WitnessChoice } from '../sign/services/signing-services.ts'
export type { ServiceAccess } from '../sign/services/service-call.ts'
export { attestBlob, signBlob } from '../sign/sign-blob.ts'
export type { SignedBlob } from '../sign/sign-blob.ts'
export type { SignatureForm, VerifiedSigningOptions } from '../sign/image-signature.ts'
export { attestImage, attestImages, signImage } from '../sign/sign-image.ts'
export type {
  AttestImageOptions,
  ImageInStore,
  ImageSigningOptions,
  SignedImage,
  SignImageOptions,
} from '../sign/sign-image.ts'
export { ambientProviderNames, ambientToken, hasAmbientProvider } from '../sign/identity/ambient-token.ts'
export type { ProviderAccess } from '../sign/identity/ambient-provider.ts'
export { browserToken } from '../sign/identity/oauth/browser-flow.ts'
export { clientCredentialsToken } from '../sign/identity/oauth/client-credentials.ts'
export { deviceToken } from '../sign/identity/oauth/device-flow.ts'
export { discoverIssuer } from '../sign/identity/oauth/issuer.ts'
export type { OAuthClient } from '../sign/identity/oauth/oauth-client.ts'
export { metadataHost } from '../sign/identity/google.ts'
export { plainEnvironment } from '../sign/plain-environment.ts'
export { createKeptKey } from '../sign/kms/create-kept-key.ts'
export { storeKeyPair } from '../sign/keys/store-key-pair.ts'
export { importPrivateKey } from '../sign/keys/import-private-key.ts'
export { openSigningKey, type SigningKey } from '../sign/keys/signing-key.ts'
export type { KeyAccess, KeyWay } from '../sign/keys/key-access.ts'
export { keyForms, parseKeyReference } from '../sign/keys/key-reference.ts'
export { isRemoteKey, openPublicKey } from '../sign/keys/verification-key.ts'
export { parseIdentityToken, type IdentityToken } from '../sign/signers/identity-token.ts'
export { keySigner } from '../sign/signers/key-signer.ts'
export { keylessSigner } from '../sign/signers/keyless-signer.ts'
export type { MessageSigner } from '../sign/signers/signer.ts'
export { SigningError, type SigningCode } from '../sign/signing-error.ts'
export { rekorV1Witness } from '../sign/witnesses/rekor-v1.ts'
export { rekorV2Witness } from '../sign/witnesses/rekor-v2.ts'
export { timestampWitness } from '../sign/witnesses/timestamp-witness.ts'
export type { Witness } from '../sign/witnesses/witness.ts'
export { assembleBundle } from '../sign/bundles/assemble-bundle.ts'
export type { BundleParts } from '../sign/bundles/assemble-bundle.ts'
export { readBundleParts } from '../sign/bundles/read-parts.ts'
export { upgradeBundle } from '../sign/bundles/upgrade-bundle.ts'
export { upgradeImage } from '../sign/bundles/upgrade-image.ts'
export type { UpgradedLayer } from '../sign/bundles/upgrade-image.ts'
export { chosenMirrorFile, initializeTuf } from '../trust/initialize-tuf.ts'
export { makeTrustRoot } from '../trust/make-trust-root.ts'
export type { DescribedChain, DescribedLog, DescribedTrustRoot } from '../trust/make-trust-root.ts'
