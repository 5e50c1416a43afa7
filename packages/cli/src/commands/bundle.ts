import { stat } from 'node:fs/promises'
import {
  assembleBundle,
  bundleDocument,
  maxBundleSize,
  parseDetached,
  renderBundle,
  upgradeBundle,
  upgradeImage,
  type UpgradedLayer,
} from '@assay/core'
import { redact } from '@assay/registry'
import { defineCommand, defineParent, type Mount, type OptionGroup } from '../define-command.ts'
import { bundlePartsOptions } from '../options/bundle-parts.ts'
import { valueFlag } from '../options/flag.ts'
import { outOption } from '../options/out.ts'
import { outputOption } from '../options/output.ts'
import { textOf } from '../options/raw.ts'
import { registryOptions } from '../options/registry.ts'
import { rekorUrlOption } from '../options/rekor-url.ts'
import { verboseOption } from '../options/trace.ts'
import { readNamedFile } from '../read-file.ts'
import { UsageError } from '../usage-error.ts'
import { jsonText } from '../json-text.ts'

const create: Mount = defineCommand({
  name: 'create',
  description:
    'Makes a Sigstore bundle v0.3 of the files that cosign wrote beside what it signed. Parts that do not belong together are refused; who signed is not verified here.',
  arguments: [],
  examples: [
    {
      what: 'Of a signature with a key, whose log entry is looked for',
      line: 'assay bundle create --artifact app.tgz --signature app.sig --key release.pub --out app.sigstore.json',
    },
    {
      what: 'Of a bundle of cosign v2',
      line: 'assay bundle create --artifact app.tgz --bundle app.bundle --out app.sigstore.json',
    },
    {
      what: 'Of a signature that was never logged',
      line: 'assay bundle create --artifact app.tgz --signature app.sig --key release.pub --ignore-tlog',
    },
  ],
  groups: { parts: bundlePartsOptions, log: rekorUrlOption, out: outOption, verbose: verboseOption },
  run: async (io, _args, { parts: { parts, artifact, logged }, log, out }) => {
    const options = { ...(artifact !== undefined && { artifact }), ...(logged && { log }) }
    await out.write(await assembleBundle(parts, options, { signal: io.signal }))
    return 0
  },
})

const inspect: Mount = defineCommand({
  name: 'inspect',
  description:
    'Shows what a bundle file says: who, what, when and where it was logged. Nothing of it is verified.',
  arguments: [{ name: '<bundle>', description: 'a bundle file, Sigstore’s or cosign’s' }],
  examples: [{ what: 'For people', line: 'assay bundle inspect app.sigstore.json' }],
  groups: { output: outputOption(['text', 'json']) },
  run: async (io, [path = ''], { output }) => {
    const document = bundleDocument(
      parseDetached(await readNamedFile(path, 'the command line', maxBundleSize)),
    )
    await io.writeOut(output.format === 'json' ? jsonText(document) : renderBundle(document))
    return 0
  },
})

const artifactOption: OptionGroup<Uint8Array | undefined> = {
  flags: () => [
    valueFlag('--artifact <file>', 'what was signed; needed where an old bundle does not say its digest'),
  ],
  parse: async (raw) => {
    const path = textOf(raw, 'artifact')
    return path === undefined ? undefined : await readNamedFile(path, '--artifact', 1024 * 1024 * 1024)
  },
}

const upgrade: Mount = defineCommand({
  name: 'upgrade',
  description:
    'Brings a bundle file of an older form to v0.3 with the proofs that its log gives, or attaches the attestations of an image’s .att tag as bundles. The signatures stay what they are, and are not verified here.',
  arguments: [{ name: '<bundle|image>', description: 'a bundle file, or an image with cosign’s older tags' }],
  examples: [
    { what: 'A file', line: 'assay bundle upgrade --out app.v3.sigstore.json app.sigstore.json' },
    { what: 'The attestations of an image', line: 'assay bundle upgrade registry.example/app@sha256:…' },
  ],
  groups: {
    artifact: artifactOption,
    out: outOption,
    log: rekorUrlOption,
    places: registryOptions,
  },
  run: async (io, [name = ''], { artifact, out, log, places }) => {
    if (await isFile(name)) {
      const bytes = await readNamedFile(name, 'the command line', maxBundleSize)
      const options = { log, ...(artifact !== undefined && { artifact }) }
      const { from, bundle } = await upgradeBundle(bytes, options, { signal: io.signal })
      if (from === 'v0.3') await io.writeErr('note: the bundle is a v0.3 already\n')
      await out.write(bundle)
      return 0
    }
    if (artifact !== undefined) throw new UsageError('USAGE', '--artifact belongs to a bundle file')
    const image = await places.open(name)
    const layers = await upgradeImage(
      { store: image.store, subject: image.root },
      { log, now: io.now },
      places.call,
    )
    const lines = [image.name, ...layers.map(layerLine), ...(layers.length > 0 ? [olderTagsStay] : [])]
    await out.write(Buffer.from(lines.map(redact).join('\n') + '\n'))
    return 0
  },
})

const olderTagsStay = '  the .sig and .att tags stay, for who reads no bundles; `assay clean` takes them away'

function layerLine({ layer, outcome }: UpgradedLayer): string {
  if (outcome.kind === 'attached')
    return `  ${layer} attached as ${outcome.manifest} (${outcome.predicateType})`
  return outcome.kind === 'present'
    ? `  ${layer} is there as a bundle already`
    : `  ${layer} stays: a .sig is no statement about the image; sign again`
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile()
  } catch {
    // Whatever cannot be looked at as a file is taken for a reference, whose reader tells what is wrong with it.
    return false
  }
}

/** `assay bundle`. */
export const bundle: Mount = defineParent(
  {
    name: 'bundle',
    description: 'Makes, shows and upgrades Sigstore bundles.',
    examples: [{ what: 'What a bundle says', line: 'assay bundle inspect app.sigstore.json' }],
  },
  [create, inspect, upgrade],
)
