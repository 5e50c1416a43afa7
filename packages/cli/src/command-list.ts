import type * as KeyCommands from './commands/keys.ts'
import type { Mount } from './define-command.ts'

/** A command as the program lists it. Its module is loaded only when the command line names it. */
export interface Entry {
  readonly name: string
  readonly aliases?: readonly string[]
  readonly summary: string
  /** Works, and is not listed: cosign's name for what has another name here. */
  readonly hidden?: boolean
  readonly load: () => Promise<Mount>
}

/** Every command, in the order of the help. */
export const entries: readonly Entry[] = [
  {
    name: 'inspect',
    summary: 'what an image contains, and whether it is distroless',
    load: async () => (await import('./commands/inspect.ts')).inspect,
  },
  {
    name: 'ls',
    summary: 'the files of an image, and which layer made, changed and deleted them',
    load: async () => (await import('./commands/ls.ts')).ls,
  },
  {
    name: 'cat',
    summary: 'the content of one file of an image, of any layer',
    load: async () => (await import('./commands/cat.ts')).cat,
  },
  {
    name: 'diff',
    summary: 'what containers of two images see differently',
    load: async () => (await import('./commands/diff.ts')).diff,
  },
  {
    name: 'sbom',
    summary: 'the software in an image, as CycloneDX or SPDX',
    load: async () => (await import('./commands/sbom.ts')).sbom,
  },
  {
    name: 'sign',
    summary: 'sign an image with a key or keyless',
    load: async () => (await import('./commands/sign.ts')).sign,
  },
  {
    name: 'attest',
    summary: 'sign a statement about an image: an SBOM, a report',
    load: async () => (await import('./commands/attest.ts')).attest,
  },
  {
    name: 'sign-blob',
    summary: 'sign a file',
    load: async () => (await import('./commands/sign-blob.ts')).signBlobCommand,
  },
  {
    name: 'attest-blob',
    summary: 'sign a statement about a file',
    load: async () => (await import('./commands/attest-blob.ts')).attestBlobCommand,
  },
  {
    name: 'verify',
    summary: 'verify signatures and attestations, and say who, what and when',
    load: async () => (await import('./commands/verify.ts')).verify,
  },
  {
    name: 'verify-attestation',
    summary: 'verify attestations of one type',
    load: async () => (await import('./commands/verify.ts')).verifyAttestation,
  },
  {
    name: 'verify-blob',
    summary: 'verify the signature of a file',
    load: async () => (await import('./commands/verify-blob.ts')).verifyBlob,
  },
  {
    name: 'verify-blob-attestation',
    summary: 'verify an attestation about a file',
    load: async () => (await import('./commands/verify-blob.ts')).verifyBlobAttestation,
  },
  {
    name: 'audit',
    summary: 'who signed what and when, from which source, and what is missing',
    load: async () => (await import('./commands/audit.ts')).audit,
  },
  {
    name: 'explain',
    summary: 'how it is known that something was signed, step by step',
    load: async () => (await import('./commands/explain.ts')).explain,
  },
  {
    name: 'trust',
    summary: 'which authorities and logs are trusted, and until when',
    load: async () => (await import('./commands/trust.ts')).trust,
  },
  {
    name: 'gate',
    summary: 'decide about images by policy, with every reason',
    load: async () => (await import('./commands/gate.ts')).gate,
  },
  {
    name: 'policy',
    summary: 'check policy files before a gate uses them',
    load: async () => (await import('./commands/policy.ts')).policy,
  },
  {
    name: 'tree',
    summary: 'what is attached to an image, and what it says about itself',
    load: async () => (await import('./commands/tree.ts')).tree,
  },
  {
    name: 'attach',
    summary: 'attach bundles, signatures, attestations and SBOMs that were made elsewhere',
    load: async () => (await import('./commands/attach.ts')).attach,
  },
  {
    name: 'download',
    summary: 'give out what is attached to an image',
    load: async () => (await import('./commands/download.ts')).download,
  },
  {
    name: 'clean',
    summary: 'remove what is attached to an image, as far as it is named',
    load: async () => (await import('./commands/clean.ts')).clean,
  },
  {
    name: 'catalog',
    summary: 'the repositories of a registry',
    load: async () => (await import('./commands/catalog.ts')).catalog,
  },
  {
    name: 'copy',
    summary: 'copy an image with all that is attached to it',
    load: async () => (await import('./commands/copy.ts')).copy,
  },
  {
    name: 'save',
    summary: 'save images and all that is attached to them in a directory',
    load: async () => (await import('./commands/save.ts')).save,
  },
  {
    name: 'load',
    summary: 'push a saved image to a registry',
    load: async () => (await import('./commands/load.ts')).load,
  },
  {
    name: 'login',
    summary: 'check credentials of a registry and keep them',
    load: async () => (await import('./commands/login.ts')).login,
  },
  {
    name: 'logout',
    summary: 'forget the credentials of a registry',
    load: async () => (await import('./commands/logout.ts')).logout,
  },
  {
    name: 'bundle',
    summary: 'make, show and upgrade Sigstore bundles',
    load: async () => (await import('./commands/bundle.ts')).bundle,
  },
  {
    name: 'initialize',
    summary: 'choose the Sigstore instance of later runs, by its TUF repository',
    load: async () => (await import('./commands/initialize.ts')).initialize,
  },
  {
    name: 'trusted-root',
    summary: 'describe whom verifiers of a private Sigstore trust',
    load: async () => (await import('./commands/trusted-root.ts')).trustedRoot,
  },
  {
    name: 'signing-config',
    summary: 'describe the services of a private Sigstore',
    load: async () => (await import('./commands/signing-config.ts')).signingConfig,
  },
  {
    name: 'keys',
    summary: 'make and import key pairs, print public keys',
    load: async () => (await import('./commands/keys.ts')).keys,
  },
  hidden('generate-key-pair', 'keys generate', (keys, name) => keys.generateKeyPairCommand(name)),
  hidden('import-key-pair', 'keys import', (keys, name) => keys.importKeyPairCommand(name)),
  hidden('public-key', 'keys public', (keys, name) => keys.publicKeyCommand(name)),
]

/** Cosign's name of a command for keys. */
function hidden(
  name: string,
  summary: string,
  mount: (keys: typeof KeyCommands, name: string) => Mount,
): Entry {
  return { name, summary, hidden: true, load: async () => mount(await import('./commands/keys.ts'), name) }
}
