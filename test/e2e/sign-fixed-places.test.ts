import { describe, expect, it } from 'vitest'
import { runCli } from '../support/cli.ts'
import { kubernetesStandIn } from '../support/key-services/kubernetes.ts'
import { serveCloud } from '../support/key-services/stand-in.ts'
import { plainImage, releaseIdentity, services, workspace, type Workspace } from '../support/workspace.ts'

/** A machine that has these files: `/run` and `/sys` hold nothing else for what is run there. */
async function machineWith(
  place: Workspace,
  files: Readonly<Record<string, string>>,
): Promise<{ readonly wrapper: readonly string[] }> {
  const lines = await Promise.all(
    Object.entries(files).map(async ([path, content], index) => {
      const source = await place.write(`machine-${index}`, content)
      return `mkdir -p "${path.slice(0, path.lastIndexOf('/'))}" && cp "${source}" "${path}"`
    }),
  )
  const mounts = ['/run', '/sys'].map((path) => `mount -t tmpfs none ${path}`)
  const script = await place.write('machine', ['set -e', ...mounts, ...lines, 'exec "$@"', ''].join('\n'))
  return { wrapper: ['unshare', '-rm', 'sh', script] }
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64')
}

const account = '/run/secrets/kubernetes.io/serviceaccount'

describe('inside a cluster', () => {
  it('k8s:// takes the account of the pod and the CA of the cluster, and neither of somebody else', async () => {
    await using place = await workspace()
    const image = await place.image('image', plainImage)
    await place.keys()
    const data = {
      'cosign.key': encode(await place.read('release.key')),
      'cosign.pub': encode(await place.read('release.pub')),
      'cosign.password': encode('secret'),
    }
    const host = 'kubernetes.default.svc'
    await using cloud = await serveCloud({
      [host]: kubernetesStandIn({ token: 'pod-canary', secrets: new Map([['release/app', data]]) }),
    })
    const { HTTPS_PROXY } = cloud.env('')
    const env = {
      HTTPS_PROXY: HTTPS_PROXY ?? '',
      KUBERNETES_SERVICE_HOST: host,
      KUBERNETES_SERVICE_PORT: '443',
    }
    const sign = ['sign', '--key', 'k8s://release/app', '--tlog-upload=false', image.reference]
    const inside = (files: Readonly<Record<string, string>>) =>
      machineWith(place, files).then((machine) => runCli(sign, { env, ...machine }))

    const token = 'pod-canary\n'
    const signed = await inside({ [`${account}/token`]: token, [`${account}/ca.crt`]: cloud.ca })
    expect(signed).toMatchObject({ code: 0, stderr: '' })
    const verify = ['verify', '--key', place.path('release.pub'), '--insecure-ignore-tlog', image.reference]
    expect(await runCli(verify)).toMatchObject({ code: 0 })

    const strange = await inside({ [`${account}/token`]: token })
    expect(strange.code).toBe(3)
    expect(strange.stderr).toContain('Kubernetes')
    const refused = await inside({ [`${account}/token`]: 'other-canary', [`${account}/ca.crt`]: cloud.ca })
    expect(refused.code).toBe(3)
    expect(refused.stderr).toContain('Kubernetes')
    expect(await inside({})).toMatchObject({ code: 2, stderr: expect.stringContaining('this is no pod') })
    for (const run of [signed, strange, refused]) expect(run.stdout + run.stderr).not.toContain('canary')
  })

  it('a token that the cluster projects is the identity', async () => {
    await using place = await workspace()
    await using sigstore = await services(place)
    const image = await place.image('image', plainImage)
    const machine = await machineWith(place, { '/run/sigstore/cosign/oidc-token': `${sigstore.token}\n` })
    // Its services are on the loopback interface, which the machine shares.
    expect(await runCli(['sign', ...sigstore.sign, image.reference], machine)).toMatchObject({
      code: 0,
      stderr: '',
    })
    const verify = ['verify', ...releaseIdentity, ...sigstore.verify, image.reference]
    expect(await runCli(verify)).toMatchObject({ code: 0 })
  })
})

describe('a machine whose firmware says that it is Google’s', () => {
  const product = '/sys/class/dmi/id/product_name'
  const cases = [
    ['means that its server is asked', 'Google Compute Engine\n', {}, 'the identity provider'],
    [
      'is not asked where it runs a job of another CI system',
      'Google Compute Engine\n',
      { CI: 'true' },
      'NO_IDENTITY',
    ],
    ['has to be exactly that', 'Googlebox\n', {}, 'NO_IDENTITY'],
  ] as const
  for (const [title, name, env, expected] of cases) {
    it(`its name ${title}`, async () => {
      await using place = await workspace()
      await using sigstore = await services(place)
      const image = await place.image('image', plainImage)
      const machine = await machineWith(place, { [product]: name })
      const run = await runCli(['sign', ...sigstore.sign, image.reference], { env, ...machine })
      expect(run.code).not.toBe(0)
      expect(run.stderr).toContain(expected)
    })
  }
})
