import { CodedError, RegistryError } from '../errors.ts'

/** An error of Node's client as one of ours; coded errors pass as they are. */
export function connectionError(error: unknown, url: URL): Error {
  if (error instanceof CodedError) return error
  const code = codeOf(error)
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new RegistryError('LIMIT_EXCEEDED', 'the headers of the answer are too large', {
      on: url.host,
      cause: error,
    })
  }
  if (code?.startsWith('HPE_') === true) {
    return new RegistryError('PROTOCOL_ERROR', 'the answer is not HTTP', {
      on: url.host,
      got: code,
      cause: error,
    })
  }
  return new RegistryError('UNREACHABLE', messageOf(code), {
    on: url.host,
    ...(code !== undefined && { got: code }),
    ...hintOf(code),
    cause: error,
  })
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

function messageOf(code: string | undefined): string {
  if (code === undefined) return 'the connection failed'
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'the name of the server is unknown'
  if (code === 'ECONNREFUSED') return 'the server refused the connection'
  if (code === 'ECONNRESET' || code === 'EPIPE') return 'the connection was cut'
  return isCertificateCode(code) ? 'the certificate of the server is not trusted' : 'the connection failed'
}

function hintOf(code: string | undefined): { readonly hint?: string } {
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'EPROTO') {
    return { hint: 'the server may speak http only, which has to be allowed explicitly' }
  }
  return code !== undefined && isCertificateCode(code)
    ? { hint: 'give the CA of a private registry explicitly' }
    : {}
}

function isCertificateCode(code: string): boolean {
  return /CERT|UNABLE_TO_(?:VERIFY|GET)|SELF_SIGNED|ALTNAME/.test(code)
}
