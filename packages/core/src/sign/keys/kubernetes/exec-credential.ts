import { resolve } from 'node:path'
import { parseStrictJson, RegistryError } from '@assay/registry'
import { field, isMissing, listOf, textOf, type JsonNode } from '../../../json/json-node.ts'
import { noKeyAccess } from '../../kms/key-service.ts'
import { runProgram } from '../../run-program.ts'
import type { SigningError } from '../../signing-error.ts'
import type { KeyAccess } from '../key-access.ts'
import type { ClusterCredential } from './cluster-access.ts'
import type { ConfigPart } from './kubeconfig.ts'

const versions = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1']
const maxArguments = 200

/**
 * Asks the program of a user for a credential (client.authentication.k8s.io ExecCredential).
 * @throws SigningError NO_KEY_ACCESS
 */
export async function execCredential(
  user: ConfigPart,
  cluster: ConfigPart,
  access: KeyAccess,
): Promise<ClusterCredential> {
  const exec = field(user.node, 'exec')
  const apiVersion = textOf(field(exec, 'apiVersion'))
  if (!versions.includes(apiVersion)) throw failed(`its protocol is ${apiVersion.slice(0, 60)}`)
  const command = textOf(field(exec, 'command'))
  const added = listOf(field(exec, 'env'), maxArguments).map((each) => [
    textOf(field(each, 'name')),
    textOf(field(each, 'value')),
  ])
  const spec = {
    interactive: false,
    ...(field(exec, 'provideClusterInfo').value === true && { cluster: clusterInfo(cluster) }),
  }
  const { code, stdout } = await runProgram({
    // With a slash it is a path from the folder of the configuration, otherwise a program of the PATH.
    program: command.includes('/') ? resolve(user.folder, command) : command,
    args: listOf(field(exec, 'args'), maxArguments).map(textOf),
    env: {
      ...access.env,
      ...Object.fromEntries(added),
      KUBERNETES_EXEC_INFO: JSON.stringify({ apiVersion, kind: 'ExecCredential', spec }),
    },
    stderr: 'show',
    signal: access.signal,
    failed,
  })
  if (code !== 0) throw failed(`exit status ${code}`)
  return readCredential(answerOf(stdout), apiVersion)
}

function clusterInfo({ node }: ConfigPart): object {
  const ca = field(node, 'certificate-authority-data')
  return {
    server: textOf(field(node, 'server')),
    ...(!isMissing(ca) && { 'certificate-authority-data': textOf(ca) }),
  }
}

function readCredential(answer: JsonNode, apiVersion: string): ClusterCredential {
  const status = field(answer, 'status')
  const isCredential = textOf(field(answer, 'kind')) === 'ExecCredential'
  if (!isCredential || textOf(field(answer, 'apiVersion')) !== apiVersion || isMissing(status))
    throw failed('its answer is no credential')
  const [token, certificate, key] = ['token', 'clientCertificateData', 'clientKeyData'].map((name) =>
    isMissing(field(status, name)) ? undefined : textOf(field(status, name)),
  )
  return {
    ...(token !== undefined && { token }),
    ...(certificate !== undefined && key !== undefined && { clientCertificate: { certificate, key } }),
  }
}

function answerOf(output: Uint8Array): JsonNode {
  try {
    return { value: parseStrictJson(output, { on: 'ExecCredential' }), path: '', refuse: failed }
  } catch (error) {
    // The parser's message may quote the token: it is left out.
    if (error instanceof RegistryError) throw failed('its answer is not JSON')
    throw error
  }
}

function failed(got: string): SigningError {
  return noKeyAccess('Kubernetes', `the program that hands out its credential: ${got}`)
}
