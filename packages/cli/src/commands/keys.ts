import {
  checkPublicKeyFile,
  createKeptKey,
  generateKeyPair,
  importPrivateKey,
  isNewKeyAlgorithm,
  keyForms,
  newKeyAlgorithms,
  openPublicKey,
  openSigningKey,
  parseKeyReference,
  publicKeyPem,
  readPrivateKeyFile,
  storeKeyPair,
  writeKeyFiles,
  writePublicKeyFile,
  type KeyPairFiles,
  type NewKeyAlgorithm,
} from '@assay/core'
import { defineCommand, defineParent, type Mount, type OptionGroup } from '../define-command.ts'
import type { Io } from '../io.ts'
import { choiceFlag, switchFlag, valueFlag } from '../options/flag.ts'
import { keyAccessOptions } from '../options/key-access.ts'
import { flagOf, textOf } from '../options/raw.ts'
import { keyPassword } from '../password.ts'
import { readStdin } from '../read-stdin.ts'
import { UsageError } from '../usage-error.ts'

const prefixNamed = (fallback: string): OptionGroup<string> => ({
  flags: () => [
    valueFlag(
      '-o, --output-key-prefix <prefix>',
      `the files are PREFIX.key and PREFIX.pub (default: "${fallback}")`,
    ),
  ],
  parse: (raw) => textOf(raw, 'outputKeyPrefix') ?? fallback,
})
const prefixOption = prefixNamed('cosign')
const importPrefixOption = prefixNamed('import-cosign')

const algorithmOption: OptionGroup<NewKeyAlgorithm> = {
  flags: () => [choiceFlag('--algorithm <name>', 'kind of key', newKeyAlgorithms).default('ecdsa-p256')],
  parse: (raw) => {
    const name = textOf(raw, 'algorithm') ?? ''
    if (!isNewKeyAlgorithm(name)) throw new UsageError('USAGE', 'no such algorithm', { got: name })
    return name
  },
}

const privateKeyOption: OptionGroup<string> = {
  flags: () => [valueFlag('--key <key>', `the key: ${keyForms}`)],
  parse: (raw) => required(textOf(raw, 'key')),
}

interface ForeignKey {
  readonly path: string
  /** The password that the other tool gave it, if any. */
  readonly sourcePassword?: string
}

const foreignKeyOption: OptionGroup<ForeignKey> = {
  flags: () => [
    valueFlag('-k, --key <file>', 'the private key of another tool, in PEM'),
    switchFlag('--source-password-stdin', 'read the password that it is encrypted with now from stdin'),
  ],
  parse: async (raw, io) => {
    const path = required(textOf(raw, 'key'))
    if (!flagOf(raw, 'sourcePasswordStdin')) return { path }
    const password = await readStdin(io, '--source-password-stdin', 64 * 1024)
    return {
      path,
      sourcePassword: Buffer.from(password)
        .toString('utf8')
        .replace(/\r?\n$/, ''),
    }
  },
}

function required(path: string | undefined): string {
  if (path !== undefined) return path
  throw new UsageError('USAGE', '--key is missing', { hint: 'name the private key file' })
}

const kmsOption: OptionGroup<string | undefined> = {
  flags: () => [
    valueFlag(
      '--kms <key>',
      'have the key made where it stays: awskms://, gcpkms://, azurekms://, hashivault://, or NAME:// of a plugin',
    ),
  ],
  parse: (raw) => textOf(raw, 'kms'),
}

/** `assay keys generate`, and under cosign's name. */
export const generateKeyPairCommand = (name: string): Mount =>
  defineCommand({
    name,
    description: 'Makes a key pair. The private key is encrypted, in the form that cosign reads too.',
    arguments: [
      {
        name: '[place]',
        description:
          'k8s://NAMESPACE/SECRET or gitlab://OWNER/PROJECT: keep the pair there instead of in a file',
      },
    ],
    examples: [
      {
        what: 'Make release.key (encrypted) and release.pub',
        line: 'assay keys generate --output-key-prefix release',
      },
      {
        what: 'The same in a pipeline: the password comes from the environment',
        line: 'COSIGN_PASSWORD="$PASSWORD" assay keys generate --output-key-prefix release',
      },
      {
        what: 'A key that never leaves its service; release.pub is its public half',
        line: 'assay keys generate --kms awskms:///alias/release --output-key-prefix release',
      },
    ],
    groups: { prefix: prefixOption, algorithm: algorithmOption, kms: kmsOption, access: keyAccessOptions },
    run: async (io, [place], { prefix, algorithm, kms, access }) => {
      if (kms !== undefined) {
        if (place !== undefined) throw new UsageError('USAGE', 'give either a place or --kms, not both')
        await checkPublicKeyFile(prefix)
        const key = await createKeptKey(kms, algorithm, access)
        return writePublic(io, prefix, { kept: kms, publicKeyPem: publicKeyPem(key), keyId: key.keyId })
      }
      const password = await keyPassword(io, 'create')
      const keys = await generateKeyPair({ password, algorithm })
      if (place !== undefined) {
        await checkPublicKeyFile(prefix)
        await storeKeyPair(place, { ...keys, password }, access)
        return writePublic(io, prefix, { kept: place, ...keys })
      }
      await writePair(io, prefix, keys)
      return 0
    },
  })

async function writePublic(
  io: Io,
  prefix: string,
  key: { readonly kept: string; readonly publicKeyPem: string; readonly keyId: string },
): Promise<0> {
  const path = await writePublicKeyFile(prefix, key.publicKeyPem)
  await io.writeOut(`private key ${key.kept}\npublic key  ${path}\nkey id      ${key.keyId}\n`)
  return 0
}

/** `assay keys import`, and under cosign's name. */
export const importKeyPairCommand = (name: string): Mount =>
  defineCommand({
    name,
    description:
      'Brings a private key of another tool into the encrypted form that assay and cosign sign with.',
    arguments: [],
    examples: [
      {
        what: 'Import a key that OpenSSL made',
        line: 'assay keys import --key openssl.pem --output-key-prefix release',
      },
    ],
    groups: { prefix: importPrefixOption, key: foreignKeyOption },
    run: async (io, _args, { prefix, key: { path, ...source } }) => {
      const pem = await readPrivateKeyFile(path)
      const password = await keyPassword(io, 'create')
      await writePair(io, prefix, await importPrivateKey(pem, { password, ...source }))
      return 0
    },
  })

async function writePair(io: Io, prefix: string, keys: KeyPairFiles): Promise<void> {
  const { privateKeyPath, publicKeyPath } = await writeKeyFiles(prefix, keys)
  await io.writeOut(
    `private key ${privateKeyPath} (encrypted)\npublic key  ${publicKeyPath}\nkey id      ${keys.keyId}\n`,
  )
}

/** `assay keys public`, and under cosign's name. */
export const publicKeyCommand = (name: string): Mount =>
  defineCommand({
    name,
    description: 'Prints the public key of a private key, as PEM.',
    arguments: [],
    examples: [
      { what: 'Keep the public half in a file', line: 'assay keys public --key release.key > release.pub' },
    ],
    groups: { key: privateKeyOption, access: keyAccessOptions },
    run: async (io, _args, { key, access }) => {
      const isPublic = parseKeyReference(key).kind === 'url'
      const publicKey = isPublic
        ? await openPublicKey(key, access)
        : (await openSigningKey(key, access)).publicKey
      await io.writeOut(publicKeyPem(publicKey))
      return 0
    },
  })

/** `assay keys`. */
export const keys: Mount = defineParent(
  {
    name: 'keys',
    description: 'Makes and imports key pairs, and prints public keys.',
    examples: [
      { what: 'Make release.key and release.pub', line: 'assay keys generate --output-key-prefix release' },
    ],
  },
  [generateKeyPairCommand('generate'), importKeyPairCommand('import'), publicKeyCommand('public')],
)
