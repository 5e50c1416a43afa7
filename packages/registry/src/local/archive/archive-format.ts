import { archiveFile } from './archive-file.ts'

/**
 * What kind of archive lies at a path. Newer Dockers write both kinds into one archive; names in it are Docker's then.
 * @throws RegistryError NOT_FOUND, MALFORMED_CONTENT, UNSUPPORTED
 */
export async function archiveFormat(path: string): Promise<'oci' | 'docker'> {
  return (await archiveFile(path).find('manifest.json')) === undefined ? 'oci' : 'docker'
}
