/** One subject of an in-toto statement: digests by algorithm name, as they stand in the payload. */
export interface Subject {
  readonly name?: string
  readonly digest: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, unknown>>
}

/** An in-toto statement, v0.1 or v1 (in-toto/attestation spec/v1/statement.md), parsed from verified bytes. */
export interface Statement {
  readonly type: 'https://in-toto.io/Statement/v1' | 'https://in-toto.io/Statement/v0.1'
  readonly subject: readonly Subject[]
  readonly predicateType: string
  /** Whatever the payload holds under `predicate`; JSON values only. */
  readonly predicate: unknown
}

/** The predicate type of an image signature in bundle form, as cosign v3 writes it. */
export const cosignSignPredicateType = 'https://sigstore.dev/cosign/sign/v1'
