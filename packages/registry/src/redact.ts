/**
 * Text from outside, made fit to print: no control characters and terminal escapes, no credentials in URLs,
 * no bearer tokens and no secrets in query strings. Every message that quotes a server passes here.
 */
export function redact(text: string): string {
  return (
    text
      // userinfo of a URL
      .replaceAll(/([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/?#@]{1,1024}@/gi, '$1***@')
      .replaceAll(/\b(basic|bearer)(\s+)[\w.~+/=-]{6,}/gi, '$1$2***')
      .replaceAll(secretField, '$1***')
      // a JSON web token, wherever it stands
      .replaceAll(/\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?/g, '***')
      .replaceAll(controls, '\u{fffd}')
  )
}

const secretField =
  /((?:^|[^a-z])(?:password|passwd|secret|token|access_token|refresh_token|identitytoken|registrytoken|client_secret|signature|x-amz-signature|x-amz-security-token|x-amz-credential|sig|code)["']?\s*[=:]\s*["']?)[^\s"'&,;]{1,4096}/gi

// C0, DEL, C1, line and paragraph separators, and the characters that reorder text on a screen or take no place on it.
const controls =
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028\u2029\u202a-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]/gu
