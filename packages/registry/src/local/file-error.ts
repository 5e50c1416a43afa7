import { RegistryError, type RegistryErrorCode } from '../errors.ts'

/** The code of a system error (`ENOENT`), or undefined for anything else. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** A failed write as WRITE_FAILED (disk full, permission); anything that is not a system error passes as it is. */
export function writeFailed(error: unknown, on: string): unknown {
  const code = systemCode(error)
  if (error instanceof RegistryError || code === undefined) return error
  return new RegistryError('WRITE_FAILED', 'writing failed', { on, got: code, cause: error })
}

/** A failed read: what is missing is NOT_FOUND, a link or a directory in place of a file MALFORMED_CONTENT. */
export function readFailed(error: unknown, on: string): unknown {
  const code = systemCode(error)
  if (error instanceof RegistryError || code === undefined) return error
  return new RegistryError(readCodes[code] ?? 'UNREACHABLE', 'reading failed', {
    on,
    got: code,
    cause: error,
  })
}

const readCodes: Readonly<Record<string, RegistryErrorCode>> = {
  ENOENT: 'NOT_FOUND',
  ENOTDIR: 'NOT_FOUND',
  ELOOP: 'MALFORMED_CONTENT',
  EISDIR: 'MALFORMED_CONTENT',
  ENXIO: 'MALFORMED_CONTENT',
}
