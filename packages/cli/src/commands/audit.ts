import {
  auditCsv,
  auditDocument,
  auditImage,
  imageParts,
  renderAudit,
  type AuditedImage,
  type AuditOptions,
  type ImageAudit,
} from '@assay/core'
import { defineCommand, type Mount, type OptionGroup } from '../define-command.ts'
import { exitCodeOf, worstOf, type ExitCode } from '../exit-code.ts'
import { repeatedFlag } from '../options/flag.ts'
import { outputOption } from '../options/output.ts'
import { textsOf } from '../options/raw.ts'
import { registryOptions, type Places } from '../options/registry.ts'
import { keysOf } from '../options/named-keys.ts'
import { trustOptions } from '../options/trust.ts'
import { weakeningOptions } from '../options/weakening.ts'
import { errorValue } from '../show-error.ts'
import { jsonText } from '../json-text.ts'

/** `--key`: keys whose signatures the audit can verify. */
export const auditKeysOption: OptionGroup<AuditOptions['keys']> = {
  flags: () => [
    repeatedFlag(
      '--key <key>',
      'public key whose signatures are verified, too: a file, or as `assay verify` takes it',
    ),
  ],
  parse: (raw, io) => keysOf(textsOf(raw, 'key'), raw, io),
}

/** `assay audit`. */
export const audit: Mount = defineCommand({
  name: 'audit',
  description:
    'Lists who signed what and when, from which source and with which builder it was built, what is missing, and why something was refused. It demands no identity: it reports them. Exits 0 where everything could be read.',
  arguments: [{ name: '<image...>', description: 'host/repo[:tag][@digest], or oci:DIR[:tag][@digest]' }],
  examples: [
    { what: 'An image and its platforms', line: 'assay audit registry.example/app:1.0' },
    { what: 'For a spreadsheet', line: 'assay audit --output csv registry.example/app:1.0 oci:build/image' },
  ],
  groups: {
    keys: auditKeysOption,
    trust: trustOptions,
    weakened: weakeningOptions,
    output: outputOption(['text', 'json', 'csv']),
    places: registryOptions,
  },
  run: async (io, images, { keys, trust, weakened, output, places }) => {
    const options: AuditOptions = { trust: await trust.load(), keys, now: io.now, ...weakened }
    const codes: ExitCode[] = []
    const audited: AuditedImage[] = []
    for (const image of images) {
      try {
        const found = await auditOf(image, options, places)
        audited.push(...found)
        // What nobody judged stands among the refused; that nothing of it holds was not found out.
        codes.push(...found.flatMap(({ audit: { faults } }) => faults.map(exitCodeOf)))
      } catch (error) {
        const { code, message } = errorValue(error)
        audited.push({ image, error: { code, message } })
        codes.push(exitCodeOf(error))
      }
    }
    if (output.format === 'json') await io.writeOut(jsonText(auditDocument(audited)))
    else await io.writeOut(output.format === 'csv' ? auditCsv(audited) : renderAudit(audited))
    return worstOf(codes)
  },
})

interface AuditedPart {
  readonly image: string
  readonly platform?: string
  readonly audit: ImageAudit
}

async function auditOf(
  image: string,
  options: AuditOptions,
  places: Places,
): Promise<readonly AuditedPart[]> {
  const { store, root, place, reference } = await places.open(image)
  const prefix = reference.kind === 'registry' ? place : `oci:${place}`
  const audited: AuditedPart[] = []
  for (const { descriptor, platform } of await imageParts(store, root, places.call)) {
    const found = await auditImage(store, descriptor, { ...options, ...places.call })
    const name = `${prefix}@${descriptor.digest}`
    audited.push({ image: name, audit: found, ...(platform !== undefined && { platform }) })
  }
  return audited
}
