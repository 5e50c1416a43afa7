import { parseDigest, type Digest } from '@assay/registry'
import { attachedKinds, planCleaning, type AttachedKind, type AttachedSelection } from '@assay/core'
import { cleanedDocument, cleanedText, plannedText, type Cleaning } from '../cleaned-output.ts'
import { confirm } from '../confirm.ts'
import { defineCommand, type Mount, type OptionGroup } from '../define-command.ts'
import type { Io } from '../io.ts'
import { repeatedFlag, switchFlag } from '../options/flag.ts'
import { outputOption } from '../options/output.ts'
import { flagOf, textsOf } from '../options/raw.ts'
import { registryOptions } from '../options/registry.ts'
import { UsageError } from '../usage-error.ts'

const selectionOption: OptionGroup<AttachedSelection> = {
  flags: () => [
    repeatedFlag('--type <type>', 'what to remove: signatures, attestations, sboms, bundles, referrers, all'),
    repeatedFlag('--digest <digest>', 'one attachment, by the digest that assay tree shows'),
    switchFlag('-r, --recursive', 'also what is attached to the platforms of the image'),
  ],
  parse: (raw) => {
    const kinds = new Set(textsOf(raw, 'type').flatMap(kindsOf))
    const digests = new Set<Digest>(textsOf(raw, 'digest').map(parseDigest))
    if (kinds.size === 0 && digests.size === 0)
      throw new UsageError('USAGE', 'nothing is named that shall be removed', {
        expected: '--type TYPE or --digest DIGEST',
        hint: 'assay tree IMAGE shows what there is; --type all means everything',
      })
    return { kinds, digests, recursive: flagOf(raw, 'recursive') }
  },
}

function kindsOf(text: string): readonly AttachedKind[] {
  if (text === 'all') return attachedKinds
  const kind = attachedKinds.find((each) => text === each || text === `${each}s`)
  if (kind !== undefined) return [kind]
  throw new UsageError('USAGE', '--type is not a type of attachment', {
    expected: 'signatures, attestations, sboms, bundles, referrers or all',
    got: text,
  })
}

interface Consent {
  readonly dryRun: boolean
  readonly given: boolean
}

const consentOption: OptionGroup<Consent> = {
  flags: () => [
    switchFlag('-n, --dry-run', 'show what would be removed, and remove nothing'),
    switchFlag('-y, --yes', 'do not ask'),
    switchFlag('-f, --force', 'do not ask, as cosign calls it'),
  ],
  parse: (raw) => ({
    dryRun: flagOf(raw, 'dryRun'),
    given: flagOf(raw, 'yes') || flagOf(raw, 'force'),
  }),
}

/** `assay clean`. */
export const clean: Mount = defineCommand({
  name: 'clean',
  description:
    'Removes what is attached to an image: only what is named, and never the image. What others attach meanwhile stays.',
  arguments: [{ name: '<image>', description: 'host/repo[:tag][@digest], or oci:DIR[:tag][@digest]' }],
  examples: [
    {
      what: 'See what would go',
      line: 'assay clean --type signatures --dry-run registry.example/app:1.0',
    },
    {
      what: 'Remove one attachment that assay tree shows',
      line: 'assay clean --digest sha256:… registry.example/app:1.0',
    },
    { what: 'Everything, without a question', line: 'assay clean --type all --yes registry.example/app:1.0' },
  ],
  groups: {
    selection: selectionOption,
    consent: consentOption,
    output: outputOption(['text', 'json']),
    places: registryOptions,
  },
  run: async (io, [named = ''], { selection, consent, output, places }) => {
    const image = await places.open(named)
    const plan = await planCleaning(image, selection, places.call)
    const planned: Cleaning = { image: image.name, dryRun: true, items: plan.items }
    const isIdle = consent.dryRun || plan.items.length === 0
    if (!isIdle && !consent.given) await askBeforeRemoving(io, planned)
    const cleaned: Cleaning = isIdle
      ? { ...planned, dryRun: consent.dryRun }
      : { image: image.name, dryRun: false, items: await plan.remove() }
    await io.writeOut(output.format === 'json' ? cleanedDocument(cleaned) : cleanedText(cleaned))
    return 0
  },
})

async function askBeforeRemoving(io: Io, planned: Cleaning): Promise<void> {
  if (!io.terminal.stdin)
    throw new UsageError('DECLINED', 'nothing was removed: there is nobody to ask', {
      hint: '--yes answers the question beforehand, --dry-run shows what would go',
    })
  if (await confirm(io, `${plannedText(planned)}Remove?`)) return
  throw new UsageError('DECLINED', 'nothing was removed', { hint: '--yes answers the question beforehand' })
}
