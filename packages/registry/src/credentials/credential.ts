import type { Call } from '../content.ts'

/** What one registry is to be given; never printed. */
export type Credential =
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  /** An OAuth2 refresh token (Docker's `identitytoken`). */
  | { readonly kind: 'refresh'; readonly token: string }
  /** A bearer token that is sent as it is (Docker's `registrytoken`). */
  | { readonly kind: 'bearer'; readonly token: string }

/**
 * Finds the credential of a registry host (`name[:port]`, lower case; `docker.io` for Docker Hub).
 * @throws RegistryError INVALID_CREDENTIALS
 */
export type Keychain = (host: string, call?: Call) => Promise<Credential | undefined>

/** Knows nothing: all access is anonymous. */
export const anonymous: Keychain = async () => await Promise.resolve(undefined)

/** One credential, for one host and no other. */
export function singleCredential(host: string, credential: Credential): Keychain {
  return async (asked) => await Promise.resolve(asked === host ? credential : undefined)
}

/** Asks one keychain after the other; the first credential counts. */
export function firstOf(...keychains: readonly Keychain[]): Keychain {
  return async (host, call) => {
    for (const keychain of keychains) {
      const found = await keychain(host, call)
      if (found !== undefined) return found
    }
    return undefined
  }
}
