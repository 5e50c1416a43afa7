import type { SlotDemand } from './token-uri.ts'
import { runTokenTool, tokenFailed, type TokenTool } from './token-tool.ts'

export interface Slot {
  readonly id: number
  /** Whether its token signs only for who knows the PIN. */
  readonly needsPin: boolean
  /** After too many wrong PINs. */
  readonly isLocked: boolean
}

const maxSlots = 1000

/**
 * The one slot whose token is as demanded.
 * @throws SigningError KEY_PLUGIN_FAILED where there is none, or more than one
 */
export async function findSlot(tool: TokenTool, demand: SlotDemand): Promise<Slot> {
  const listing = (await runTokenTool(tool, ['--list-token-slots'])).toString('utf8')
  const fitting = slotsIn(listing).filter((slot) => fits(slot, demand))
  const [slot] = fitting
  if (slot === undefined || fitting.length > 1)
    throw tokenFailed(
      slot === undefined ? 'no token is the one that was named' : 'several tokens are as named',
    )
  const flags = slot.fields.get('token flags') ?? ''
  return {
    id: slot.id,
    needsPin: flags.includes('login required'),
    isLocked: flags.includes('user PIN locked'),
  }
}

interface ListedSlot {
  readonly id: number
  readonly fields: ReadonlyMap<string, string>
}

/** `Slot 0 (0x1f): …`, and under it `  token label        : …`. */
function slotsIn(listing: string): readonly ListedSlot[] {
  const slots: { readonly id: number; readonly fields: Map<string, string> }[] = []
  for (const line of listing.split('\n')) {
    const head = /^Slot \d+ \(0x([0-9a-f]{1,12})\)/.exec(line)
    const entry = /^ {2}([a-z][a-z /]*?)\s*: ?(.*)$/.exec(line)
    if (head !== null && slots.length < maxSlots)
      slots.push({ id: Number.parseInt(head[1] ?? '', 16), fields: new Map() })
    else if (entry !== null) slots.at(-1)?.fields.set(entry[1] ?? '', (entry[2] ?? '').trimEnd())
  }
  return slots
}

const names = {
  token: 'token label',
  manufacturer: 'token manufacturer',
  model: 'token model',
  serial: 'serial num',
} as const

function fits({ id, fields }: ListedSlot, demand: SlotDemand): boolean {
  if (demand.slotId !== undefined && demand.slotId !== id) return false
  return (['token', 'manufacturer', 'model', 'serial'] as const).every(
    (name) => demand[name] === undefined || fields.get(names[name]) === demand[name],
  )
}
