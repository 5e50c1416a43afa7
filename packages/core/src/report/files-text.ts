import { redact } from '@assay/registry'
import type { FileReport, ImageFiles } from '../inspect/files/file-report.ts'
import type { FilesReport, FilesView } from '../inspect/files/list-files.ts'

/** Renders a listing of files as `ls -l` does, with the layer of each file; one block for each platform. */
export function renderFiles(report: FilesReport): string {
  const several = report.images.length > 1
  return report.images
    .map((image) => {
      const title = several ? `${image.platform}  ${image.digest}\n` : ''
      return `${title}${imageText(image, report.view)}`
    })
    .join('\n')
}

function imageText(image: ImageFiles, view: FilesView): string {
  const lines = image.files.map((file) => (view === 'rootfs' ? rootfsLine(file) : layerLine(file)))
  const unread = image.unread.map((reason) => `NOT COMPLETE: ${clean(reason)}`)
  return [...unread, ...lines].map((line) => `${line}\n`).join('')
}

function rootfsLine(file: FileReport): string {
  return `${attributes(file)}  ${layerColumn(file.layer)}  ${nameOf(file)}${historyOf(file)}`
}

function layerLine(file: FileReport): string {
  return `${file.state.padEnd(11)}  ${attributes(file)}  ${layerColumn(file.layer)}  ${nameOf(file)}${historyOf(file)}`
}

function attributes(file: FileReport): string {
  const owner = `${file.uid}:${file.gid}`
  return `${typeLetters[file.type]}${file.mode}  ${owner.padEnd(11)}  ${String(file.size).padStart(12)}`
}

function layerColumn(layer: number): string {
  return `L${layer}`.padEnd(4)
}

const typeLetters: Readonly<Record<FileReport['type'], string>> = {
  file: '-',
  directory: 'd',
  symlink: 'l',
  hardlink: 'h',
  'character-device': 'c',
  'block-device': 'b',
  fifo: 'p',
  other: '?',
}

function nameOf({ path, target }: FileReport): string {
  return clean(target === null ? path : `${path} -> ${target}`)
}

/** Only what the layer of this version does not say already. */
function historyOf({ layer, introduced, changed, deleted }: FileReport): string {
  const parts = [
    ...(introduced === layer ? [] : [`introduced by L${introduced}`]),
    ...(changed.length === 0 ? [] : [`changed by ${changed.map((index) => `L${index}`).join(', ')}`]),
    ...(deleted === null ? [] : [`gone since L${deleted}`]),
  ]
  return parts.length === 0 ? '' : `  (${parts.join('; ')})`
}

/** Names come from the image: no control characters, no credentials. */
function clean(text: string): string {
  return redact(text.replaceAll('\n', ' '))
}
