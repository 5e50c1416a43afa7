import type { SignaturePieces } from '@assay/core'
import { isJsonObject, parseStrictJson, RegistryError } from '@assay/registry'
import type { OptionGroup, RawOptions } from '../define-command.ts'
import { readNamedFile } from '../read-file.ts'
import { UsageError } from '../usage-error.ts'
import { valueFlag } from './flag.ts'
import { textOf } from './raw.ts'

/** The pieces of a signature, each in a file, under cosign's names. */
export const signaturePiecesOption: OptionGroup<SignaturePieces> = {
  flags: () => [
    valueFlag('--payload <file>', 'what was signed: cosign’s payload about the image'),
    valueFlag('--signature <file>', 'the signature of the payload, in base64'),
    valueFlag('--certificate <file>', 'PEM certificate of the signer'),
    valueFlag('--certificate-chain <file>', 'PEM certificates above it'),
    valueFlag('--rekor-response <file>', 'the log’s answer: {SignedEntryTimestamp, Payload}'),
    valueFlag('--tsr <file>', 'RFC 3161 timestamp response'),
  ],
  parse: async (raw) => {
    const [payload, signature] = [await bytesOf(raw, 'payload'), await textIn(raw, 'signature')]
    if (payload === undefined || signature === undefined)
      throw new UsageError('USAGE', '--payload and --signature are needed')
    const [certificate, chain] = [await textIn(raw, 'certificate'), await textIn(raw, 'certificateChain')]
    const [response, timestamp] = [await bytesOf(raw, 'rekorResponse'), await bytesOf(raw, 'tsr')]
    return {
      payload,
      signature: signature.trim(),
      ...(certificate !== undefined && { certificate }),
      ...(chain !== undefined && { chain }),
      ...(response !== undefined && { logEntry: logEntryIn(response) }),
      ...(timestamp !== undefined && { timestamp }),
    }
  },
}

async function bytesOf(raw: RawOptions, name: string): Promise<Uint8Array | undefined> {
  const path = textOf(raw, name)
  const flag = `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
  return path === undefined ? undefined : await readNamedFile(path, flag)
}

async function textIn(raw: RawOptions, name: string): Promise<string | undefined> {
  const bytes = await bytesOf(raw, name)
  return bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8')
}

/** As it stands in annotations, or in the file that cosign writes beside a signature. */
function logEntryIn(bytes: Uint8Array): string {
  try {
    const document = parseStrictJson(bytes, { on: '--rekor-response' })
    const inner = isJsonObject(document) ? document['rekorBundle'] : undefined
    return inner === undefined ? Buffer.from(bytes).toString('utf8') : JSON.stringify(inner)
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error
    throw new UsageError('UNREADABLE_FILE', 'the file of --rekor-response is not JSON', { cause: error })
  }
}
