/** What the virtual Sigstore can be told to do wrong; everything else about the answer stays right. */
export type Lie =
  /** The log answers with an entry that is validly logged, about another signature. */
  | 'another-entry'
  /** The log's entry holds the right signature under another key. */
  | 'another-entry-key'
  /** The signed entry timestamp is over other bytes. */
  | 'wrong-set'
  /** The inclusion proof is of another tree than the checkpoint's. */
  | 'wrong-tree'
  /** The checkpoint is signed by a key that nobody trusts. */
  | 'foreign-checkpoint'
  /** The entry comes from a log that nobody trusts, correct in itself. */
  | 'foreign-log'
  /** The certificate is for another key than the one asked for. */
  | 'wrong-certificate-key'
  /** The certificate is for another identity than the token's. */
  | 'wrong-certificate-subject'
  /** The certificate is signed by an authority that nobody trusts. */
  | 'foreign-authority'
  | 'no-sct'
  /** The certificate timestamp is of a log that nobody trusts. */
  | 'foreign-sct'
  /** The certificate timestamp is over another certificate. */
  | 'wrong-sct'
  /** The timestamp is over other bytes. */
  | 'foreign-timestamp'
  /** The timestamp is signed by an authority that nobody trusts. */
  | 'foreign-timestamp-authority'
  /** The authority's clock is an hour ahead. */
  | 'late-timestamp'
  /** The log's clock is an hour ahead. */
  | 'late-log'
