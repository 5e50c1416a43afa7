import { inspectImage, renderInspection } from '@assay/core'
import { buildImage } from '@assay/test-support/image-builder'
import { elfProgram } from '@assay/test-support/inspect'
import { expect, test } from 'vitest'

/** An image with something for every part of the report. */
const description = {
  config: { User: 'app', Entrypoint: ['/opt/app'], Env: ['PATH=/usr/bin', 'TOKEN=not shown'] },
  layers: [
    {
      createdBy: 'COPY rootfs /',
      entries: [
        { kind: 'file', path: 'etc/passwd', content: 'root:x:0:0::/:\napp:x:10001:10001::/:\n' },
        { kind: 'file', path: 'usr/lib/os-release', content: 'ID=debian\nVERSION_ID="13"\n' },
        {
          kind: 'file',
          path: 'var/lib/dpkg/status.d/base-files',
          content: 'Package: base-files\nVersion: 13.8\nArchitecture: amd64\n',
        },
        { kind: 'file', path: 'opt/app', content: elfProgram('app'), mode: 0o755 },
        { kind: 'file', path: 'opt/.hidden', content: elfProgram('GNU bash, version %s'), mode: 0o755 },
        { kind: 'file', path: 'usr/bin/curl', content: elfProgram('x'), mode: 0o4755 },
        { kind: 'file', path: 'opt/start', content: '#!/bin/sh\n', mode: 0o755 },
      ],
    },
    {
      createdBy: 'RUN rm /usr/bin/curl \u001b[31m',
      compression: 'zstd',
      entries: [
        { kind: 'file', path: 'usr/bin/.wh.curl', content: '' },
        { kind: 'directory', path: 'srv', mode: 0o777 },
      ],
    },
  ],
} as const

test('the text of an inspection', async () => {
  const image = await buildImage(description)
  const report = await inspectImage(image.source, image.descriptor, { reference: 'registry.test/app:1' })
  await expect(renderInspection(report, { color: false })).toMatchFileSnapshot('inspection.txt')
})
