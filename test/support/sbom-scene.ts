import { createLayout } from '@assay/registry'
import { buildImage, buildIndex, pushImage, type ImageDescription } from './image-builder.ts'
import { elfProgram } from './inspect.ts'
import { chiselWall, crateList, elfWithSections, goBuildInfo, zipOf } from './inventory-bytes.ts'
import type { TarEntry } from './tar-bytes.ts'

const file = (path: string, content: string | Uint8Array): TarEntry => ({ kind: 'file', path, content })
const program = (path: string, content: Uint8Array): TarEntry => ({
  kind: 'file',
  path,
  content,
  mode: 0o755,
})

/** An image with software of every kind. */
export const rich: ImageDescription = {
  layers: [
    {
      entries: [
        file('etc/os-release', 'ID=debian\nVERSION_ID="13"\nPRETTY_NAME="Debian GNU/Linux 13 (trixie)"\n'),
        file('var/lib/dpkg/status.d/base-files', 'Package: base-files\nVersion: 13.8\nArchitecture: amd64\n'),
        file(
          'lib/apk/db/installed',
          'P:musl\nV:1.2.5-r10\nA:x86_64\nL:MIT\n\nP:odd\nV:1-r0\nA:noarch\nL:custom license\n\n',
        ),
        file(
          'var/lib/rpmmanifest/container-manifest-2',
          'bash\t5.2-1\t1\t1\tv\t2\t1\tx86_64\t2\tbash.src.rpm\n',
        ),
        file(
          'var/lib/chisel/manifest.wall',
          chiselWall([
            { kind: 'package', name: 'libc6', version: '2.39', sha256: 'c'.repeat(64), arch: 'amd64' },
          ]),
        ),
      ],
    },
    {
      entries: [
        file(
          'app/node_modules/@scope/one/package.json',
          '{"name":"@scope/one","version":"2.0.0","license":"(MIT OR Apache-2.0)"}',
        ),
        file(
          'opt/node_modules/@scope/one/package.json',
          '{"name":"@scope/one","version":"2.0.0","license":"(MIT OR Apache-2.0)"}',
        ),
        file(
          'usr/lib/python3/site-packages/six-1.dist-info/METADATA',
          'Name: six\nVersion: 1\nLicense: MIT\n',
        ),
        program(
          'app/server',
          elfWithSections({
            '.go.buildinfo': goBuildInfo('go1.24.1', 'path\ta\nmod\texample.com/a\tv1.0.0+incompatible\t\n'),
          }),
        ),
        program(
          'app/tool',
          elfWithSections({ '.dep-v0': crateList([{ name: 'serde', version: '1.0.219' }]) }),
        ),
        file(
          'app/app.jar',
          zipOf({
            'META-INF/maven/org.example/core/pom.properties':
              'groupId=org.example\nartifactId=core\nversion=1.2\n',
          }),
        ),
        program('opt/node', elfWithSections({ '.rodata': Buffer.from('node.js/v22.11.0\0') })),
        program('opt/vendor', elfProgram('of a vendor')),
      ],
    },
  ],
  config: { User: '65532', Entrypoint: ['/app/server'] },
  configOverrides: { created: '2026-02-03T04:05:06.789Z' },
}

/** Their package URLs, in order. */
export const purls: readonly string[] = [
  'pkg:apk/debian/musl@1.2.5-r10?arch=x86_64&distro=debian-13',
  'pkg:apk/debian/odd@1-r0?arch=noarch&distro=debian-13',
  'pkg:cargo/serde@1.0.219',
  'pkg:deb/debian/base-files@13.8?arch=amd64&distro=debian-13',
  'pkg:deb/debian/libc6@2.39?arch=amd64&distro=debian-13',
  'pkg:generic/node@22.11.0',
  'pkg:golang/example.com/a@v1.0.0%2Bincompatible',
  'pkg:golang/stdlib@1.24.1',
  'pkg:maven/org.example/core@1.2',
  'pkg:npm/%40scope/one@2.0.0',
  'pkg:pypi/six@1',
  'pkg:rpm/debian/bash@5.2-1?arch=x86_64&distro=debian-13&epoch=2',
]

/** An index with two platforms as the layout `index`. */
export async function twoPlatforms(
  directory: string,
): Promise<{ readonly reference: string; readonly digests: readonly string[] }> {
  const images = await Promise.all(
    ['amd64', 'arm64'].map(async (architecture) => ({
      platform: { os: 'linux', architecture },
      image: await buildImage({
        layers: [{ entries: [file('arch', architecture)] }],
        platform: { os: 'linux', architecture },
      }),
    })),
  )
  await pushImage(await createLayout(directory), buildIndex(images), 'test')
  return { reference: `oci:${directory}:test`, digests: images.map(({ image }) => image.descriptor.digest) }
}
