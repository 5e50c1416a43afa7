import { entryAt, type InspectedImage } from './inspected-image.ts'
import { distributionOf } from './os-release.ts'

/** What kind of base an image seems to have. A fingerprint: it never raises a verdict. */
export interface Family {
  readonly name: string
  /** The marks that show it. */
  readonly because: readonly string[]
}

export function familyOf(inspected: InspectedImage): Family | undefined {
  const distribution = distributionOf(inspected)
  const has = (path: string): boolean => entryAt(inspected, path) !== undefined
  const release = [`os-release: ${distribution.prettyName || distribution.id}`]
  if (distribution.homeUrl.includes('GoogleContainerTools/distroless')) {
    return {
      name: 'google-distroless',
      because: [...release, ...(has('var/lib/dpkg/status.d') ? ['/var/lib/dpkg/status.d'] : [])],
    }
  }
  if (has('var/lib/chisel/manifest.wall'))
    return { name: 'ubuntu-chiselled', because: ['/var/lib/chisel/manifest.wall'] }
  if (has('etc/apko.json'))
    return { name: distribution.id || 'apko', because: ['/etc/apko.json', ...release] }
  if (has('var/lib/rpmmanifest/container-manifest-2')) {
    return { name: 'azure-linux-distroless', because: ['/var/lib/rpmmanifest/container-manifest-2'] }
  }
  if (distribution.id !== '') return { name: distribution.id, because: release }
  return has('etc') || has('usr') ? undefined : { name: 'scratch', because: ['no /etc and no /usr'] }
}
