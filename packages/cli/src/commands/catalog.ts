import { listRepositories } from '@assay/registry'
import { defineCommand, type Mount, type OptionGroup } from '../define-command.ts'
import { connectionFlags, connectionOf, type ConnectionChoice } from '../options/registry-connection.ts'
import { outputOption } from '../options/output.ts'

/** The version of the JSON document. */
const schema = 'assay.catalog/v1'

const connectionOption: OptionGroup<ConnectionChoice> = { flags: connectionFlags, parse: connectionOf }

/** `assay catalog`. */
export const catalog: Mount = defineCommand({
  name: 'catalog',
  description: 'Lists the repositories of a registry, where it offers such a list.',
  arguments: [{ name: '<host>', description: 'name[:port] of the registry' }],
  examples: [{ what: 'What a registry of one’s own holds', line: 'assay catalog registry.example' }],
  groups: { output: outputOption(['text', 'json']), connection: connectionOption },
  run: async (io, [named = ''], { output, connection }) => {
    const host = named.toLowerCase()
    const { connect, keychainOf } = await import('../options/connect.ts')
    const found: string[] = []
    const reached = connect(host, connection, keychainOf(host, connection, undefined))
    for await (const repository of listRepositories(host, reached, connection.call)) found.push(repository)
    await io.writeOut(
      output.format === 'json'
        ? `${JSON.stringify({ schema, ok: true, host, repositories: found }, null, 2)}\n`
        : found.map((repository) => `${host}/${repository}\n`).join(''),
    )
    return 0
  },
})
