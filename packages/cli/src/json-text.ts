/**
 * A document as JSON for people and programs alike: the same data, and no character in it that a terminal obeys or
 * that reorders or hides text. Names and messages come from outside.
 */
export function jsonText(document: unknown): string {
  const text = JSON.stringify(document, null, 2)
  return `${text.replaceAll(unseen, escaped)}\n`
}

/** Only texts hold them, and there an escape means the same (RFC 8259 §7). JSON.stringify escapes C0 itself. */
const unseen = /[\u007f-\u009f\u2028\u2029]|\p{Cf}|\p{Default_Ignorable_Code_Point}/gu

function escaped(character: string): string {
  return character.replaceAll(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
