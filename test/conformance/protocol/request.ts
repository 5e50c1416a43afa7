import { parseArgs } from 'node:util'
import { CodedError } from '@assay/registry'

/** What the suite asks of a client (sigstore-conformance docs/cli_protocol.md). */
export type Request = SignRequest | VerifyRequest

interface Instance {
  /** The staging instance of Sigstore instead of the public one, where no files say otherwise. */
  readonly staging: boolean
  readonly trustedRoot?: string
}

export interface SignRequest extends Instance {
  readonly command: 'sign-bundle'
  readonly token: string
  readonly bundle: string
  readonly signingConfig?: string
  /** Whether the file is an in-toto statement that is signed as it is, in a DSSE envelope. */
  readonly inToto: boolean
  readonly file: string
}

export interface VerifyRequest extends Instance {
  readonly command: 'verify-bundle'
  readonly bundle: string
  readonly signer: { readonly key: string } | { readonly identity: string; readonly issuer: string }
  readonly fileOrDigest: string
}

/** @throws CodedError USAGE */
export function readRequest(args: readonly string[]): Request {
  const { values, positionals } = options(args)
  const [command, file, ...rest] = positionals
  const { bundle, 'trusted-root': trustedRoot } = values
  if (file === undefined || rest.length > 0 || bundle === undefined)
    throw usage('expected sign-bundle or verify-bundle, --bundle FILE … and one FILE')
  const instance = { staging: values.staging === true, ...(trustedRoot !== undefined && { trustedRoot }) }
  if (command === 'verify-bundle')
    return { command, ...instance, bundle, signer: signerOf(values), fileOrDigest: file }
  const { 'identity-token': token, 'signing-config': signingConfig, 'in-toto': inToto = false } = values
  if (command !== 'sign-bundle' || token === undefined)
    throw usage('expected verify-bundle, or sign-bundle with --identity-token')
  return {
    command,
    ...instance,
    token,
    bundle,
    inToto,
    file,
    ...(signingConfig !== undefined && { signingConfig }),
  }
}

interface Named {
  readonly key?: string | undefined
  readonly 'certificate-identity'?: string | undefined
  readonly 'certificate-oidc-issuer'?: string | undefined
}

function signerOf(named: Named): VerifyRequest['signer'] {
  const { key, 'certificate-identity': identity, 'certificate-oidc-issuer': issuer } = named
  if (key !== undefined) return { key }
  if (identity !== undefined && issuer !== undefined) return { identity, issuer }
  throw usage('expected --key, or --certificate-identity and --certificate-oidc-issuer')
}

function options(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        staging: { type: 'boolean' },
        'in-toto': { type: 'boolean' },
        bundle: { type: 'string' },
        'identity-token': { type: 'string' },
        'signing-config': { type: 'string' },
        'certificate-identity': { type: 'string' },
        'certificate-oidc-issuer': { type: 'string' },
        key: { type: 'string' },
        'trusted-root': { type: 'string' },
      },
    })
  } catch (error) {
    throw usage(error instanceof Error ? error.message : String(error))
  }
}

function usage(message: string): CodedError {
  return new CodedError('USAGE', message)
}
