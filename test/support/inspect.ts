import { inspectImage, type ImageReport, type InspectionReport } from '@assay/core'
import { buildImage, type BuiltImage, type ImageDescription, type LayerDescription } from './image-builder.ts'
import type { TarEntry } from './tar-bytes.ts'

/** Inspects a built image. */
export async function inspectBuilt(
  image: BuiltImage,
  declared: readonly string[] = [],
): Promise<InspectionReport> {
  return await inspectImage(image.source, image.descriptor, { reference: 'built', declared })
}

/** Builds an image with these layers and inspects it. */
export async function inspectLayers(
  layers: readonly LayerDescription[],
  rest: Omit<ImageDescription, 'layers'> = {},
): Promise<ImageReport> {
  const report = await inspectBuilt(await buildImage({ ...rest, layers }))
  const [image] = report.images
  if (image === undefined) throw new Error('the report has no image')
  return image
}

/** Builds an image of one layer with these entries and inspects it. */
export async function inspectEntries(
  entries: readonly TarEntry[],
  rest: Omit<ImageDescription, 'layers'> = {},
): Promise<ImageReport> {
  return await inspectLayers([{ entries }], rest)
}

/** The rules that found something, each once, with the path where there is one. */
export function found(image: ImageReport): readonly string[] {
  return [
    ...new Set(image.findings.map(({ rule, evidence }) => `${rule} ${evidence.path ?? ''}`.trim())),
  ].toSorted()
}

/** The smallest file that counts as an ELF program, with bytes of one's own. */
export function elfProgram(content: string | Uint8Array = ''): Uint8Array {
  const header = Buffer.alloc(64)
  header.write('\x7fELF', 'latin1')
  header.set([2, 1, 1], 4)
  // ET_EXEC, x86-64
  header.writeUInt16LE(2, 16)
  header.writeUInt16LE(62, 18)
  return Buffer.concat([header, Buffer.from(content)])
}
