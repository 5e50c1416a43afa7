import { existsSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import {
  embeddedTrustRoot,
  matchSigner,
  parseBundle,
  parsePublicKey,
  parseTrustRoot,
  verifyBundle,
  type SignerDemand,
} from '@assay/core'
import { CodedError, digestOf, isDigest } from '@assay/registry'

// The suite judges by the exit code alone; the line on stderr is for whoever reads its log.
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    staging: { type: 'boolean' },
    bundle: { type: 'string' },
    'certificate-identity': { type: 'string' },
    'certificate-oidc-issuer': { type: 'string' },
    key: { type: 'string' },
    'trusted-root': { type: 'string' },
  },
})

try {
  const [command, input] = positionals
  if (command !== 'verify-bundle' || input === undefined || values.bundle === undefined)
    throw new CodedError('USAGE', 'expected verify-bundle --bundle FILE … FILE_OR_DIGEST')
  if (values.staging === true && values['trusted-root'] === undefined)
    throw new CodedError('USAGE', 'the staging instance needs --trusted-root')
  await verify(input, values.bundle)
} catch (error) {
  if (!(error instanceof CodedError)) throw error
  process.stderr.write(`${error.code}: ${error.message} ${error.got ?? ''}\n`)
  process.exitCode = 1
}

async function verify(input: string, bundle: string): Promise<void> {
  const isFile = !isDigest(input) || existsSync(input)
  const artifact = isFile ? readFileSync(input) : undefined
  const root = values['trusted-root']
  const proof = await verifyBundle(parseBundle(readFileSync(bundle)), {
    trust: root === undefined ? await embeddedTrustRoot() : parseTrustRoot(readFileSync(root)),
    keys: values.key === undefined ? [] : [parsePublicKey(readFileSync(values.key))],
    subject: artifact === undefined ? digestArgument(input) : digestOf(artifact),
    ...(artifact !== undefined && { artifact }),
    source: { kind: 'file', format: 'bundle' },
    now: new Date(),
    transparencyLog: 'require',
    sct: 'require',
  })
  const refusal = matchSigner(proof, signerDemand())
  if (refusal !== undefined) throw new CodedError(refusal.code, refusal.message, { got: refusal.got ?? '' })
}

function digestArgument(input: string): ReturnType<typeof digestOf> {
  if (isDigest(input)) return input
  throw new CodedError('USAGE', 'not a digest')
}

function signerDemand(): SignerDemand {
  const subject = values['certificate-identity']
  const issuer = values['certificate-oidc-issuer']
  if (values.key !== undefined) return { kind: 'key' }
  if (subject === undefined || issuer === undefined)
    throw new CodedError('USAGE', 'expected --key, or --certificate-identity and --certificate-oidc-issuer')
  return {
    kind: 'certificate',
    identities: [{ subject: { kind: 'exact', value: subject }, issuer: { kind: 'exact', value: issuer } }],
  }
}
