import { createHash, createHmac } from 'node:crypto'
import type { AwsCredentials } from './credentials.ts'

export interface AwsRequest {
  readonly method: 'POST'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

export interface AwsScope {
  readonly credentials: AwsCredentials
  readonly region: string
  readonly service: 'kms' | 'sts'
  readonly now: Date
}

/** The headers of a request with those that sign it (AWS Signature Version 4). Paths are `/` and have no query. */
export function signedHeaders(request: AwsRequest, scope: AwsScope): Readonly<Record<string, string>> {
  const { credentials, region, service } = scope
  const time = scope.now.toISOString().replaceAll(/[:-]|\.\d{3}/g, '')
  const day = time.slice(0, 8)
  const headers: Record<string, string> = {
    ...request.headers,
    host: request.url.host,
    'x-amz-date': time,
    ...(credentials.sessionToken !== undefined && { 'x-amz-security-token': credentials.sessionToken }),
  }
  const names = Object.keys(headers).toSorted()
  const canonical = [
    request.method,
    '/',
    '',
    ...names.map((name) => `${name}:${headers[name]?.trim().replaceAll(/ +/g, ' ')}`),
    '',
    names.join(';'),
    sha256(request.body),
  ].join('\n')
  const path = `${day}/${region}/${service}/aws4_request`
  const text = ['AWS4-HMAC-SHA256', time, path, sha256(canonical)].join('\n')
  const key = [day, region, service, 'aws4_request'].reduce<string | Buffer>(
    (secret, part) => hmac(secret, part),
    `AWS4${credentials.secretAccessKey}`,
  )
  const signature = hmac(key, text).toString('hex')
  const credential = `${credentials.accessKeyId}/${path}`
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names.join(';')}, Signature=${signature}`,
  }
}

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}

function hmac(key: string | Buffer, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest()
}
