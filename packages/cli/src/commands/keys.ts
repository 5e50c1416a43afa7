import {
  generateKeyPair,
  isNewKeyAlgorithm,
  newKeyAlgorithms,
  openPrivateKey,
  publicKeyPem,
  readPrivateKeyFile,
  writeKeyFiles,
  type NewKeyAlgorithm,
} from '@assay/core'
import { defineCommand, defineParent, type Mount, type OptionGroup } from '../define-command.ts'
import { choiceFlag, valueFlag } from '../options/flag.ts'
import { textOf } from '../options/raw.ts'
import { keyPassword } from '../password.ts'
import { UsageError } from '../usage-error.ts'

const prefixOption: OptionGroup<string> = {
  flags: () => [
    valueFlag('--output-key-prefix <prefix>', 'the files are PREFIX.key and PREFIX.pub (default: "cosign")'),
  ],
  parse: (raw) => textOf(raw, 'outputKeyPrefix') ?? 'cosign',
}

const algorithmOption: OptionGroup<NewKeyAlgorithm> = {
  flags: () => [choiceFlag('--algorithm <name>', 'kind of key', newKeyAlgorithms).default('ecdsa-p256')],
  parse: (raw) => {
    const name = textOf(raw, 'algorithm') ?? ''
    if (!isNewKeyAlgorithm(name)) throw new UsageError('USAGE', 'no such algorithm', { got: name })
    return name
  },
}

const privateKeyOption: OptionGroup<string> = {
  flags: () => [valueFlag('--key <file>', 'the private key, as "keys generate" made it')],
  parse: (raw) => {
    const path = textOf(raw, 'key')
    if (path === undefined)
      throw new UsageError('USAGE', '--key is missing', { hint: 'name the private key file' })
    return path
  },
}

/** `assay keys generate`, and under cosign's name. */
export const generateKeyPairCommand = (name: string): Mount =>
  defineCommand({
    name,
    description: 'Makes a key pair. The private key is encrypted, in the form that cosign reads too.',
    arguments: [],
    examples: [
      {
        what: 'Make release.key (encrypted) and release.pub',
        line: 'assay keys generate --output-key-prefix release',
      },
      {
        what: 'The same in a pipeline: the password comes from the environment',
        line: 'COSIGN_PASSWORD="$PASSWORD" assay keys generate --output-key-prefix release',
      },
    ],
    groups: { prefix: prefixOption, algorithm: algorithmOption },
    run: async (io, _args, { prefix, algorithm }) => {
      const password = await keyPassword(io, 'create')
      const keys = await generateKeyPair({ password, algorithm })
      const written = await writeKeyFiles(prefix, keys)
      await io.writeOut(
        `private key ${written.privateKeyPath} (encrypted)\npublic key  ${written.publicKeyPath}\nkey id      ${keys.keyId}\n`,
      )
      return 0
    },
  })

/** `assay keys public`, and under cosign's name. */
export const publicKeyCommand = (name: string): Mount =>
  defineCommand({
    name,
    description: 'Prints the public key of a private key, as PEM.',
    arguments: [],
    examples: [
      { what: 'Keep the public half in a file', line: 'assay keys public --key release.key > release.pub' },
    ],
    groups: { key: privateKeyOption },
    run: async (io, _args, { key }) => {
      const pem = await readPrivateKeyFile(key)
      const privateKey = await openPrivateKey(pem, await keyPassword(io, 'open'))
      await io.writeOut(publicKeyPem(privateKey.publicKey))
      return 0
    },
  })

/** `assay keys`. */
export const keys: Mount = defineParent(
  {
    name: 'keys',
    description: 'Makes key pairs and prints public keys.',
    examples: [
      { what: 'Make release.key and release.pub', line: 'assay keys generate --output-key-prefix release' },
    ],
  },
  [generateKeyPairCommand('generate'), publicKeyCommand('public')],
)
