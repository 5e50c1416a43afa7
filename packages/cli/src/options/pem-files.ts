import { X509Certificate } from 'node:crypto'
import { readNamedFile } from '../read-file.ts'
import { UsageError } from '../usage-error.ts'

/**
 * The certificates of authorities in a PEM file; none where no file is named.
 * @throws UsageError UNREADABLE_FILE
 */
export async function authoritiesIn(path: string | undefined, flag: string): Promise<readonly string[]> {
  if (path === undefined) return []
  const text = await readText(path, flag)
  const certificates = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  if (certificates.length === 0 || !certificates.every(isCertificate))
    throw new UsageError('UNREADABLE_FILE', `the file of ${flag} holds no PEM certificates`, { on: path })
  return certificates
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.byteLength > 0
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false
    throw error
  }
}

/** A certificate and its key, by whatever flags name them. */
interface Pair<T> {
  readonly certificate: T
  readonly key: T
}

/**
 * A client certificate with its key; undefined where neither is named.
 * @throws UsageError USAGE where only one of them is, UNREADABLE_FILE
 */
export async function clientCertificateIn(
  paths: Pair<string | undefined>,
  flags: Pair<string>,
): Promise<Pair<string> | undefined> {
  const { certificate, key } = paths
  if (certificate === undefined && key === undefined) return undefined
  if (certificate === undefined || key === undefined)
    throw new UsageError('USAGE', `${flags.certificate} and ${flags.key} belong together`)
  return {
    certificate: await readText(certificate, flags.certificate),
    key: await readText(key, flags.key),
  }
}

async function readText(path: string, flag: string): Promise<string> {
  return Buffer.from(await readNamedFile(path, flag, 1024 * 1024)).toString('utf8')
}
