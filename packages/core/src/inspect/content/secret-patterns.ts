/** A secret as it stands in text: a fixed beginning that is searched for, and the whole form that must follow. */
export interface SecretPattern {
  readonly id: string
  /** One character per byte; at least 4. */
  readonly start: string
  /** Matched at the start, against at most `reach` bytes. */
  readonly form: RegExp
}

/** How many bytes after its beginning a secret's form is looked for. */
export const secretReach = 512

const privateKey =
  /^-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:\\n|\s)+(?:[\w-]+: [^\n]*\n)*[\sA-Za-z0-9+/=\\]{48}/

export const secretPatterns: readonly SecretPattern[] = [
  { id: 'secret.private-key', start: '-----BEGIN', form: privateKey },
  { id: 'secret.aws-access-key', start: 'AKIA', form: /^AKIA[A-Z2-7]{16}(?![A-Za-z0-9])/ },
  { id: 'secret.aws-access-key', start: 'ASIA', form: /^ASIA[A-Z2-7]{16}(?![A-Za-z0-9])/ },
  { id: 'secret.github-token', start: 'ghp_', form: /^ghp_[A-Za-z0-9]{36}/ },
  { id: 'secret.github-token', start: 'gho_', form: /^gho_[A-Za-z0-9]{36}/ },
  { id: 'secret.github-token', start: 'ghs_', form: /^ghs_[A-Za-z0-9]{36}/ },
  { id: 'secret.github-token', start: 'github_pat_', form: /^github_pat_[A-Za-z0-9_]{59,}/ },
  { id: 'secret.gitlab-token', start: 'glpat-', form: /^glpat-[\w-]{20}/ },
  { id: 'secret.slack-token', start: 'xoxb-', form: /^xoxb-\d{6,}-[\w-]{10,}/ },
  { id: 'secret.slack-token', start: 'xoxp-', form: /^xoxp-\d{6,}-[\w-]{10,}/ },
  { id: 'secret.stripe-key', start: 'sk_live_', form: /^sk_live_[A-Za-z0-9]{24}/ },
  { id: 'secret.npm-token', start: 'npm_', form: /^npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])/ },
  { id: 'secret.pypi-token', start: 'pypi-AgE', form: /^pypi-AgE[\w-]{50,}/ },
  { id: 'secret.age-key', start: 'AGE-SECRET-KEY-1', form: /^AGE-SECRET-KEY-1[A-Z0-9]{58}/ },
]

/** The text with every secret in it replaced, fit for a report. */
export function withoutSecrets(text: string): string {
  return secretPatterns.reduce((result, { start, form }) => {
    let kept = result
    for (let at = kept.indexOf(start); at >= 0; at = kept.indexOf(start, at + start.length)) {
      const match = form.exec(kept.slice(at))
      if (match !== null) kept = `${kept.slice(0, at)}${start}***${kept.slice(at + match[0].length)}`
    }
    return kept
  }, text)
}
