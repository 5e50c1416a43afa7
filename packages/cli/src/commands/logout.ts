import { credentialFiles, dockerKeychain, eraseCredential } from '@assay/registry'
import { defineCommand, type Mount } from '../define-command.ts'

/** `assay logout`. */
export const logout: Mount = defineCommand({
  name: 'logout',
  description: 'Forgets the credentials of a registry that "assay login" keeps.',
  arguments: [{ name: '<host>', description: 'name[:port] of the registry' }],
  examples: [{ what: 'Leave nothing behind', line: 'assay logout registry.example' }],
  groups: {},
  run: async (io, [named = '']) => {
    const host = named.toLowerCase()
    const call = { signal: io.signal }
    const place = await eraseCredential(host, { environment: io.env, ...call })
    const from = place?.kind === 'helper' ? ` in docker-credential-${place.name}` : ''
    await io.writeOut(
      place === undefined
        ? `no credentials were kept for ${host}\n`
        : `forgot the credentials of ${host}${from}\n`,
    )
    for (const file of credentialFiles(io.env)) {
      if ((await dockerKeychain([file], io.env)(host, call)) !== undefined)
        await io.writeErr(`warning: ${file} still has credentials for ${host}\n`)
    }
    return 0
  },
})
