/** The hashes that signatures are made with. */
export type HashAlgorithm = 'sha256' | 'sha384' | 'sha512'
