/** The page that the browser shows in the end: nothing is loaded by it, and what it quotes is only text. */
export function callbackPage(title: string, text: string): string {
  return [
    '<!doctype html><html lang="en"><meta charset="utf-8">',
    `<title>assay: ${escaped(title)}</title>`,
    `<h1>${escaped(title)}</h1><p>${escaped(text)}</p></html>\n`,
  ].join('')
}

export const pageHeaders: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'",
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  connection: 'close',
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
