/** Takes secrets out of what somebody said, in every form in which they were sent: as they are, in JSON, a form, base64. */
export function withoutSecrets(text: string, secrets: readonly (string | undefined)[]): string {
  return secrets
    .flatMap((secret) => (secret === undefined || secret === '' ? [] : formsOf(secret)))
    .toSorted((a, b) => b.length - a.length)
    .reduce((rest, form) => rest.replaceAll(form, '***'), text)
}

function formsOf(secret: string): readonly string[] {
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    new URLSearchParams({ '': secret }).toString().slice(1),
    encodeURIComponent(secret.toWellFormed()),
    Buffer.from(secret).toString('base64'),
  ]
}
