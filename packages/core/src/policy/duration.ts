const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
/** A hundred years. */
const longest = 100 * 365 * 86_400_000

/** Reads a positive duration as Go writes it (`2160h`, `1h30m`), with `d` for days besides; milliseconds. */
export function parseDuration(text: string): number | undefined {
  if (!/^(?:\d{1,9}(?:ms|s|m|h|d))+$/.test(text)) return undefined
  let total = 0
  for (const [, count, unit] of text.matchAll(/(\d+)(ms|s|m|h|d)/g)) {
    total += Number(count) * (units[unit ?? ''] ?? Number.NaN)
  }
  return total > 0 && total <= longest ? total : undefined
}

/** A duration in the largest unit that says it with one digit or two: `3d`, `14h`, `90s`. */
export function describeDuration(milliseconds: number): string {
  for (const [unit, size] of [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
  ] as const) {
    if (milliseconds >= 2 * size) return `${Math.floor(milliseconds / size)}${unit}`
  }
  return `${Math.floor(milliseconds / 1000)}s`
}
