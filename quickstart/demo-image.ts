import { rm } from 'node:fs/promises'
import { createLayout, type Descriptor } from '@assay/registry'
import { buildImage, pushImage, type LayerDescription } from '@assay/test-support/image-builder'
import { helloProgram } from './hello-program.ts'

/**
 * Writes a small distroless-style image as an OCI layout: one program, the files that a program expects, a user
 * that is not root, no shell.
 */
export async function writeDemoImage(directory: string): Promise<Descriptor> {
  return await write(directory, [baseLayer, programLayer])
}

/** The same image with one more layer, as an attacker who can push would make it; its tag is the same. */
export async function writeTamperedImage(directory: string): Promise<Descriptor> {
  return await write(directory, [baseLayer, programLayer, shellLayer])
}

async function write(directory: string, layers: readonly LayerDescription[]): Promise<Descriptor> {
  await rm(directory, { recursive: true, force: true })
  const layout = await createLayout(directory)
  const image = await buildImage({
    layers,
    platform: { os: 'linux', architecture: 'amd64' },
    config: { User: '65532', Entrypoint: ['/usr/bin/hello'], WorkingDir: '/' },
  })
  return await pushImage(layout, image, 'demo')
}

const baseLayer: LayerDescription = {
  createdBy: 'base files',
  entries: [
    { kind: 'directory', path: 'etc', mode: 0o755 },
    {
      kind: 'file',
      path: 'etc/passwd',
      content:
        'root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n',
    },
    { kind: 'file', path: 'etc/group', content: 'root:x:0:\nnonroot:x:65532:\n' },
    { kind: 'directory', path: 'home/nonroot', mode: 0o700, uid: 65532, gid: 65532 },
    { kind: 'directory', path: 'tmp', mode: 0o1777 },
  ],
}

const programLayer: LayerDescription = {
  createdBy: 'COPY hello /usr/bin/hello',
  entries: [
    { kind: 'file', path: 'usr/bin/hello', mode: 0o755, content: helloProgram('hello from a signed image') },
  ],
}

const shellLayer: LayerDescription = {
  createdBy: 'a helpful stranger',
  entries: [{ kind: 'file', path: 'bin/sh', mode: 0o755, content: helloProgram('not what you signed') }],
}
