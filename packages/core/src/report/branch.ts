/** One line of an explanation and what hangs below it. */
export interface Branch {
  readonly text: string
  readonly branches: readonly Branch[]
}

export function branch(text: string, branches: readonly Branch[] = []): Branch {
  return { text, branches }
}

/** A branch for each thing that has a value: its name, then the value. */
export function facts(named: Readonly<Record<string, string | undefined>>): readonly Branch[] {
  return Object.entries(named).flatMap(([name, value]) =>
    value === undefined ? [] : [branch(`${name} ${value}`)],
  )
}
