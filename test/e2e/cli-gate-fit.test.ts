import { describe, expect, it } from 'vitest'
import { runCli, type CliRun } from '../support/cli.ts'
import type { ImageDescription } from '../support/image-builder.ts'
import { buildImage, pushImage } from '../support/image-builder.ts'
import { testRegistry } from '../support/registry.ts'
import { openRepository } from '@assay/registry'
import { workspace, type Workspace } from '../support/workspace.ts'

const policy = `apiVersion: assay.dev/v1alpha1
kind: ClusterImagePolicy
metadata: {name: all}
spec:
  images: [{glob: '**'}]
  authorities: [{static: {action: pass}}]
  inspect: {distroless: strict}
`

/** One static program and a user without a shell. */
const server: ImageDescription = {
  layers: [
    {
      entries: [
        {
          kind: 'file',
          path: 'etc/passwd',
          content: 'root:x:0:0::/:/sbin/nologin\napp:x:1000:0::/:/sbin/nologin\n',
        },
        { kind: 'file', path: 'app/server', content: '\u007fELF', mode: 0o755 },
        { kind: 'file', path: 'app/hook.sh', content: '#!/bin/sh\necho\n', mode: 0o755 },
        { kind: 'file', path: 'app/data', content: 'x' },
      ],
    },
  ],
  config: { Entrypoint: ['/app/server'], User: 'app', Volumes: { '/data': {} }, Env: ['TMPDIR=/scratch'] },
}

/** A pod of one container: `spec` goes into the pod, `container` into the container. */
function pod(image: string, container: string, spec = ''): string {
  return `apiVersion: v1
kind: Pod
metadata: {name: app}
spec:
${spec}  containers:
    - name: web
      image: ${image}
${container}`
}

interface Scene {
  readonly place: Workspace
  readonly image: string
  readonly digest: string
  readonly gate: (manifest: string, ...args: readonly string[]) => Promise<CliRun>
}

async function scene(work: (scene: Scene) => Promise<void>, description = server): Promise<void> {
  await using place = await workspace()
  const registry = testRegistry({})
  const repository = openRepository(
    { host: registry.host, repository: 'acme/app' },
    { transport: registry.transport },
  )
  const built = await buildImage(description)
  await pushImage(repository, built, 'v1')
  const served = await registry.serve()
  const file = await place.write('policy.yaml', policy)
  try {
    await work({
      place,
      image: `${served.host}/acme/app:v1`,
      digest: built.descriptor.digest,
      gate: async (manifest, ...args) =>
        await runCli(['gate', '--policy', file, '-f', await place.write('pod.yaml', manifest), ...args]),
    })
  } finally {
    await served.close()
  }
}

describe('manifests and the images in them', () => {
  it('says which probe, hook and command the image cannot start, with file and line', async () => {
    await scene(async ({ image, gate, place }) => {
      const manifest = pod(
        image,
        `      command: [/app/server, --port, "80"]
      livenessProbe:
        exec:
          command: [sh, -c, "exit 0"]
      readinessProbe:
        exec:
          command: [/app/data]
      lifecycle:
        preStop:
          exec:
            command: [/app/hook.sh]
`,
      )
      const warned = await gate(manifest)
      expect(warned).toMatchObject({ code: 0, stderr: '' })
      const file = place.path('pod.yaml')
      expect(warned.stdout.split('\n').filter((line) => line.includes('warning'))).toEqual([
        `  warning    ${file}:11:20: the liveness probe of container web runs "sh", which is not in the image (linux/amd64) [CANNOT_START]`,
        `  warning    ${file}:14:20: the readiness probe of container web runs "/app/data", which is not an executable file (linux/amd64) [CANNOT_START]`,
        `  warning    ${file}:18:22: the preStop hook of container web runs "/app/hook.sh", whose interpreter /bin/sh is not in the image (linux/amd64) [CANNOT_START]`,
      ])
      const denied = await gate(manifest, '--fit', 'deny')
      expect(denied.code).toBe(1)
      expect(denied.stdout).toMatch(/^DENY .*\n {2}named .*\n|^DENY /)
      expect(denied.stdout).toContain(`because    ${file}:11:20: the liveness probe`)
      const off = await gate(manifest, '--fit', 'off')
      expect(off).toMatchObject({ code: 0, stderr: '' })
      expect(off.stdout).not.toContain('CANNOT_START')
      await place.write('policy.yaml', policy.replace('action: pass', 'action: fail'))
      const refused = await gate(manifest, '--fit', 'deny')
      expect(refused.code).toBe(1)
      expect(refused.stdout).not.toContain('CANNOT_START')
      await place.write('policy.yaml', policy)
      const github = await gate(manifest, '--fit', 'deny', '-o', 'github')
      expect(github.stdout).toContain(
        `::error file=${file},line=11,col=20,title=assay gate%3A CANNOT_START::`,
      )
    })
  })

  it('takes the working directory and PATH of the container, and leaves mounts and variables to the cluster', async () => {
    await scene(async ({ image, gate }) => {
      const fine = pod(
        image,
        `      command: [server]
      env: [{name: PATH, value: /nowhere:/app}]
      volumeMounts: [{name: tools, mountPath: /tools}]
      livenessProbe: {exec: {command: [/tools/check]}}
      readinessProbe: {exec: {command: [$(CHECK)]}}
      startupProbe: {exec: {command: [./server]}}
      workingDir: /app
`,
        '  volumes: [{name: tools, emptyDir: {}}]\n',
      )
      const run = await gate(fine, '--fit', 'deny')
      expect(run).toMatchObject({ code: 0, stderr: '' })
      const elsewhere = await gate(fine.replace('workingDir: /app', 'workingDir: /'), '--fit', 'deny')
      expect(elsewhere.code).toBe(1)
      expect(elsewhere.stdout).toContain('the startup probe of container web runs "./server"')
      const lost = await gate(fine.replace('/nowhere:/app', '/nowhere'), '--fit', 'deny')
      expect(lost.code).toBe(1)
      expect(lost.stdout).toContain('container web starts "server", which is not in the image')
    })
  })

  it('answers for runAsNonRoot as the kubelet does', async () => {
    await scene(async ({ image, gate, place }) => {
      const run = await gate(pod(image, '      securityContext: {runAsNonRoot: true}\n'), '--fit', 'deny')
      expect(run.code).toBe(1)
      expect(run.stdout).toContain(
        `${place.path('pod.yaml')}:8:39: container web may not run as root, and of its image: the user "app" is a name`,
      )
      expect(run.stdout).toContain('for example 1000 ("app")')
      const numbered = await gate(
        pod(image, '      securityContext: {runAsUser: 1000}\n', '  securityContext: {runAsNonRoot: true}\n'),
        '--fit',
        'deny',
      )
      expect(numbered).toMatchObject({ code: 0, stderr: '' })
      const zero = await gate(
        pod(image, '', '  securityContext: {runAsNonRoot: true, runAsUser: 0}\n'),
        '--fit',
        'deny',
      )
      expect(zero.code).toBe(1)
      expect(zero.stdout).toContain('its runAsUser is 0 [RUNS_AS_ROOT]')
    })
  })

  it('warns of a read-only root with places that the image writes to', async () => {
    await scene(async ({ image, gate }) => {
      const container = '      securityContext: {readOnlyRootFilesystem: true}\n'
      const run = await gate(pod(image, container), '--fit', 'deny')
      expect(run.code).toBe(0)
      expect(run.stdout).toContain('its VOLUME /data of the image is written to [READ_ONLY_ROOT]')
      expect(run.stdout).toContain('TMPDIR=/scratch of the image is written to [READ_ONLY_ROOT]')
      const mounted = await gate(
        pod(
          image,
          `${container}      volumeMounts: [{name: d, mountPath: /data}, {name: s, mountPath: /scratch/}]\n`,
          '  volumes: [{name: d, emptyDir: {}}, {name: s, emptyDir: {}}]\n',
        ),
      )
      expect(mounted.stdout).not.toContain('READ_ONLY_ROOT')
      const unwritable = await gate(
        pod(
          image,
          `${container}      volumeMounts: [{name: d, mountPath: /data, readOnly: true}]\n`,
          '  volumes: [{name: d, emptyDir: {}}]\n',
        ),
      )
      expect(unwritable.stdout).toContain('its VOLUME /data')
    })
  })

  it('cannot tell about what could not be read whole, and says so', async () => {
    const broken: ImageDescription = {
      layers: [{ entries: [], mediaType: 'application/vnd.example.unknown' }],
    }
    await scene(async ({ image, digest, gate, place }) => {
      await place.write('policy.yaml', policy.replace(/ {2}inspect.*\n/, '  requireDigest: true\n'))
      const manifest = pod(`${image}@${digest}`, '      command: [sh]\n')
      const run = await gate(manifest, '--fit', 'deny')
      expect(run.code).toBe(3)
      expect(run.stdout).toContain('the image could not be read whole (LIMIT_EXCEEDED) [FIT_UNKNOWN]')
      const warned = await gate(manifest)
      expect(warned.code).toBe(0)
      expect(warned.stdout).toContain('[FIT_UNKNOWN]')
    }, broken)
  })
})
