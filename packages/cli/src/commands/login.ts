import { checkCredential, storeCredential, type CredentialPlace } from '@assay/registry'
import { defineCommand, type Mount, type OptionGroup } from '../define-command.ts'
import { connectionFlags, connectionOf, type ConnectionChoice } from '../options/registry-connection.ts'
import { switchFlag, valueFlag } from '../options/flag.ts'
import { flagOf, textOf } from '../options/raw.ts'
import { passwordFromStdin, typedPassword } from '../password.ts'
import { UsageError } from '../usage-error.ts'

const connectionOption: OptionGroup<ConnectionChoice> = { flags: connectionFlags, parse: connectionOf }

interface Account {
  readonly username: string
  readonly password: string
}

const accountOption: OptionGroup<Account> = {
  flags: () => [
    valueFlag('-u, --username <name>', 'user name'),
    switchFlag('--password-stdin', 'read the password from stdin; without it, it is asked for'),
  ],
  parse: async (raw, io) => {
    const username = textOf(raw, 'username')
    if (username === undefined || username === '') throw new UsageError('USAGE', '--username is missing')
    const password = flagOf(raw, 'passwordStdin')
      ? await passwordFromStdin(io)
      : await typedPassword(io, `Password of ${username}: `)
    return { username, password }
  },
}

/** `assay login`. */
export const login: Mount = defineCommand({
  name: 'login',
  description:
    'Shows credentials to a registry and, if it accepts them, keeps them where docker and podman find them too.',
  arguments: [{ name: '<host>', description: 'name[:port] of the registry; docker.io for Docker Hub' }],
  examples: [
    {
      what: 'In a pipeline',
      line: 'echo "$TOKEN" | assay login --username ci --password-stdin registry.example',
    },
    { what: 'At a terminal, which asks for the password', line: 'assay login --username me docker.io' },
  ],
  groups: { account: accountOption, connection: connectionOption },
  run: async (io, [named = ''], { account, connection }) => {
    const host = named.toLowerCase()
    const { connect } = await import('../options/connect.ts')
    const checked = await checkCredential(
      host,
      { kind: 'basic', ...account },
      { connect: (keychain) => connect(host, connection, keychain), ...connection.call },
    )
    const place = await storeCredential(host, account, { environment: io.env, ...connection.call })
    const how = checked === 'accepted' ? 'logged in to' : 'kept credentials for'
    await io.writeOut(`${how} ${host} as ${account.username}: ${placeText(place)}\n`)
    if (checked === 'not-asked')
      await io.writeErr(`warning: ${host} lets everybody in and did not look at the password\n`)
    if (place.kind === 'file')
      await io.writeErr(
        `warning: ${place.path} holds the password readable; a credential helper would keep it safe\n`,
      )
    return 0
  },
})

function placeText(place: CredentialPlace): string {
  return place.kind === 'file' ? place.path : `docker-credential-${place.name}`
}
