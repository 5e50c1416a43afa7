/** Who a Fulcio certificate speaks for. */
export interface Identity {
  /** The subject alternative name, as it stands in the certificate. */
  readonly subject: string
  readonly subjectKind: 'uri' | 'email' | 'other-name'
  readonly issuer: string
  /** Every Fulcio extension by its name, e.g. `sourceRepositoryURI` (fulcio docs/oid-info.md). */
  readonly extensions: Readonly<Record<string, string>>
}
