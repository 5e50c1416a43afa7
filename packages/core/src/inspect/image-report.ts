import type { Layer, LayerEntry } from '../image/layer.ts'
import { displayPath } from '../image/layer-path.ts'
import { LIMITS } from '../image/limits.ts'
import { platformOf } from '../image/load-images.ts'
import type { Rootfs } from '../image/overlay.ts'
import { platformName } from '../image/platform.ts'
import { whiteoutOf } from '../image/whiteout.ts'
import { userOf } from './accounts.ts'
import { allFindings } from './all-findings.ts'
import { withoutSecrets } from './content/secret-patterns.ts'
import { exceptionFor } from './demand/exception.ts'
import { familyOf } from './family.ts'
import { placeOf, severityOf, type Finding } from './finding.ts'
import { digestsOf, type InspectedImage } from './inspected-image.ts'
import type {
  ConfigReport,
  EvidenceReport,
  FindingReport,
  ImageReport,
  LayerReport,
} from './inspection-report.ts'
import { distributionOf } from './os-release.ts'
import { binariesOf } from './packages/binaries.ts'
import { claimsOn } from './packages/owners.ts'
import { packagesOf } from './packages/packages-of.ts'
import { programsOf } from './programs.ts'
import { runAsNonRoot } from './starts/run-as-non-root.ts'
import { wastedInLayers, wasteOf } from './waste.ts'
import { decideVerdict, failureText } from './verdict.ts'

/** Runs all checks over an image that was read, and says it all in plain values. */
export function imageReport(inspected: InspectedImage): ImageReport {
  const findings = allFindings(inspected)
  const listed = capped(inspected, findings)
  const { verdict, reasons } = decideVerdict(inspected, findings)
  const wasted = wastedInLayers(inspected)
  const distribution = distributionOf(inspected)
  return {
    digest: inspected.image.manifest.descriptor.digest,
    platform: platformName(platformOf(inspected.image)),
    verdict,
    reasons,
    family: familyOf(inspected) ?? null,
    distribution: distribution.id === '' ? null : distribution,
    config: configReport(inspected),
    layers: inspected.layers.map((layer) => ({
      ...layerReport(inspected, layer),
      wastedBytes: wasted[layer.index] ?? 0,
    })),
    waste: wasteOf(inspected),
    packages: packagesOf(inspected),
    ...binariesOf(inspected),
    programs: programsOf(inspected),
    findings: listed.map((finding) => findingReport(inspected, finding)),
    unlisted: unlisted(findings, listed),
  }
}

/** Findings that somebody answers for take no place from those that count. */
function capped(inspected: InspectedImage, findings: readonly Finding[]): readonly Finding[] {
  const counts = new Map<string, number>()
  return findings.filter((finding) => {
    const kind = `${finding.rule.id} ${exceptionFor(inspected, finding) === undefined}`
    const count = (counts.get(kind) ?? 0) + 1
    counts.set(kind, count)
    return count <= LIMITS.findingsOfRule
  })
}

function unlisted(all: readonly Finding[], listed: readonly Finding[]): Readonly<Record<string, number>> {
  const kept = new Set(listed)
  const counts = new Map<string, number>()
  for (const finding of all) {
    if (!kept.has(finding)) counts.set(finding.rule.id, (counts.get(finding.rule.id) ?? 0) + 1)
  }
  return Object.fromEntries(counts)
}

function configReport(inspected: InspectedImage): ConfigReport {
  const { config, manifest } = inspected.image
  return {
    digest: manifest.config.digest,
    user: config.user,
    uid: userOf(inspected).uid ?? null,
    runAsNonRoot: runAsNonRoot(inspected),
    entrypoint: config.entrypoint.map(withoutSecrets),
    command: config.command.map(withoutSecrets),
    workingDirectory: config.workingDirectory,
    environment: config.env.map((variable) => variable.replace(/=.*$/s, '')),
    exposedPorts: config.exposedPorts,
    created: config.created ?? null,
  }
}

function commandOf(layer: Layer): string | null {
  return layer.createdBy === undefined || layer.createdBy === '' ? null : withoutSecrets(layer.createdBy)
}

function layerReport({ rootfs }: InspectedImage, layer: Layer): Omit<LayerReport, 'wastedBytes'> {
  const { diffId, actualDiffId } = layer
  const decidable = diffId !== undefined && actualDiffId !== undefined
  return {
    index: layer.index,
    digest: layer.descriptor.digest,
    mediaType: layer.descriptor.mediaType,
    size: layer.descriptor.size,
    compression: layer.compression ?? null,
    uncompressedSize: layer.uncompressedSize,
    diffId: actualDiffId ?? null,
    diffIdMatches: decidable ? diffId === actualDiffId : null,
    createdBy: commandOf(layer),
    entries: layer.entries.length,
    visible: layer.entries.filter((entry) => isVisible(rootfs, entry)).length,
    failure: layer.failure === undefined ? null : failureText(layer.failure),
  }
}

/** Whiteouts have no fate, but no container sees them. */
function isVisible(rootfs: Rootfs, entry: LayerEntry): boolean {
  return !rootfs.fates.has(entry) && whiteoutOf(entry.path) === undefined
}

function findingReport(inspected: InspectedImage, finding: Finding): FindingReport {
  const exception = exceptionFor(inspected, finding)
  return {
    rule: finding.rule.id,
    class: finding.rule.class,
    severity: severityOf(finding),
    message: finding.message,
    exception: exception === undefined ? null : { reason: exception.reason, expires: exception.expires },
    evidence: evidenceOf(inspected, finding),
  }
}

function evidenceOf(
  inspected: InspectedImage,
  { entry, layer, match, inner, digests }: Finding,
): EvidenceReport {
  return {
    ...(entry === undefined ? noEntry : entryEvidence(inspected, entry, inner)),
    ...layerEvidence(inspected, entry?.layer ?? layer),
    ...matchEvidence(match),
    expected: digests?.expected ?? null,
    got: digests?.got ?? null,
  }
}

function matchEvidence(
  match: Finding['match'],
): Pick<EvidenceReport, 'signature' | 'signatureOffset' | 'excerpt'> {
  if (match === undefined) return { signature: null, signatureOffset: null, excerpt: null }
  return { signature: match.signature, signatureOffset: match.offset, excerpt: match.excerpt }
}

function layerEvidence(
  { layers }: InspectedImage,
  index: number | undefined,
): Pick<EvidenceReport, 'layer' | 'layerDigest' | 'createdBy'> {
  const layer = index === undefined ? undefined : layers[index]
  if (layer === undefined) return { layer: null, layerDigest: null, createdBy: null }
  return { layer: layer.index, layerDigest: layer.descriptor.digest, createdBy: commandOf(layer) }
}

type EntryEvidence = Pick<
  EvidenceReport,
  'path' | 'storedPath' | 'offset' | 'type' | 'mode' | 'owner' | 'size' | 'sha256' | 'state' | 'package'
>

const noEntry: EntryEvidence = {
  path: null,
  storedPath: null,
  offset: null,
  type: null,
  mode: null,
  owner: null,
  size: null,
  sha256: null,
  state: null,
  package: null,
}

function entryEvidence(
  inspected: InspectedImage,
  entry: LayerEntry,
  inner: string | undefined,
): EntryEvidence {
  const stored = displayPath(entry.storedPath)
  const [claim] = claimsOn(inspected, entry.path)
  return {
    path: placeOf(entry, inner),
    storedPath: stored === displayPath(entry.path) ? null : stored,
    offset: entry.offset,
    type: entry.type,
    mode: entry.mode.toString(8).padStart(4, '0'),
    owner: `${entry.uid}:${entry.gid}`,
    size: entry.size,
    sha256: digestsOf(inspected, entry).sha256 ?? null,
    state: stateOf(inspected, entry),
    package: claim === undefined ? null : displayPath(claim.package),
  }
}

function stateOf({ rootfs }: InspectedImage, entry: LayerEntry): string {
  const fate = rootfs.fates.get(entry)
  return fate === undefined ? 'present' : `${fate.kind} by layer ${fate.layer}`
}
