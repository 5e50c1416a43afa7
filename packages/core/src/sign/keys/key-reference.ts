import { SigningError } from '../signing-error.ts'

/** Where a key is kept. */
export type KeyReference =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'environment'; readonly variable: string }
  /** Kept by a program of the `sigstore-kms-` protocol; `resource` is what the program calls the key. */
  | { readonly kind: 'plugin'; readonly program: string; readonly resource: string }

const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/
/** A part of a program's name: no path, no option. */
const pluginName = /^[a-z0-9][a-z0-9-]*$/

/**
 * Reads what `--key` names; everything without `://` is a file.
 * @throws SigningError UNSUPPORTED_KEY
 */
export function parseKeyReference(text: string): KeyReference {
  const at = text.indexOf('://')
  if (at < 0) return { kind: 'file', path: text }
  const [scheme, rest] = [text.slice(0, at), text.slice(at + 3)]
  if (scheme === 'env' && variableName.test(rest)) return { kind: 'environment', variable: rest }
  if (!notPrivate.has(scheme) && pluginName.test(scheme) && rest !== '') {
    return { kind: 'plugin', program: `sigstore-kms-${scheme}`, resource: rest }
  }
  throw new SigningError('UNSUPPORTED_KEY', 'a private key cannot be kept there', {
    expected: 'a file, env://VARIABLE, or NAME://… of a program sigstore-kms-NAME',
    got: `${scheme.slice(0, 40)}://…`,
  })
}

const notPrivate: ReadonlySet<string> = new Set(['env', 'http', 'https', 'file'])
