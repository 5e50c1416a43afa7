import type { Check } from '../check.ts'
import type { Component } from '../../image/content-facts.ts'
import { displayPath } from '../../image/layer-path.ts'
import type { LayerEntry } from '../../image/layer.ts'
import type { Finding, Rule } from '../finding.ts'
import type { InspectedImage } from '../inspected-image.ts'
import { packageManagerNames, packageManagerPackages } from '../program-names.ts'
import { programCheck } from './program-check.ts'

const rule: Rule = {
  id: 'package-manager',
  class: 'package-manager',
  severity: 'high',
  title: 'There is a package manager.',
}

export const packageManager: Check = {
  ...programCheck(rule, { names: packageManagerNames, signatures: 'package-manager.' }),
  *image({ layers }: InspectedImage) {
    for (const { entries } of layers) for (const entry of entries) yield* packagesIn(entry)
  },
}

/** The package of one that an interpreter runs: whatever its programs are called, the runtime can start it. */
function* packagesIn(entry: LayerEntry): Generator<Finding> {
  for (const { ecosystem, name } of entry.facts?.components ?? []) {
    if (!isPackageManager(ecosystem, name)) continue
    const message = `/${displayPath(entry.path)} describes the installed package manager ${displayPath(name)}`
    yield { rule, entry, message }
  }
}

function isPackageManager(ecosystem: Component['ecosystem'], name: string): boolean {
  return packageManagerPackages.get(ecosystem)?.has(name.toLowerCase()) === true
}
