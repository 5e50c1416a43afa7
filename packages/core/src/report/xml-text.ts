import { redact } from '@assay/registry'

/** A text for XML: without control characters, which XML 1.0 cannot hold; each line on its own, since redacting joins none. */
export function xmlText(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&apos;',
  }
  const lines = text.split('\n').map((line) => redact(line))
  return lines
    .join('\n')
    .replaceAll(/[\uD800-\uDFFF\uFFFE\uFFFF]/gu, '\uFFFD')
    .replaceAll(/[&<>"']/g, (character) => entities[character] ?? '')
}
