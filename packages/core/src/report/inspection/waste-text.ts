import { redact } from '@assay/registry'
import type { Waste, WastedFile } from '../../inspect/waste.ts'
import { sizeText } from '../size-text.ts'

const listed = 10

/** What an image ships for nothing, in lines; one where that is nothing. */
export function wasteLines(waste: Waste): readonly string[] {
  const { shippedBytes, seenBytes, overwrittenBytes, deletedBytes, duplicateBytes, worst } = waste
  const shipped = `${sizeText(shippedBytes)} of files shipped, ${sizeText(seenBytes)} seen`
  const parts = [
    ...(overwrittenBytes === 0 ? [] : [`${sizeText(overwrittenBytes)} overwritten`]),
    ...(deletedBytes === 0 ? [] : [`${sizeText(deletedBytes)} deleted`]),
    ...(duplicateBytes === 0 ? [] : [`${sizeText(duplicateBytes)} duplicates`]),
  ]
  return [
    `${percent(waste.efficiency)}: ${[shipped, ...parts].join(', ')}`,
    ...worst.slice(0, listed).map(fileLine),
    ...(worst.length > listed ? ['…'] : []),
  ]
}

export function percent(part: number): string {
  return `${(Math.floor(part * 1000) / 10).toFixed(1)} %`
}

function fileLine({ path, kind, bytes, layers, endedBy }: WastedFile): string {
  const by = endedBy.length === 0 ? '' : ` by ${layerNames(endedBy)}`
  return `${sizeText(bytes).padStart(9)}  ${redact(path.replaceAll('\n', ' '))}  (${layerNames(layers)}, ${kind}${by})`
}

function layerNames(layers: readonly number[]): string {
  return `layer${layers.length === 1 ? '' : 's'} ${layers.join(', ')}`
}
