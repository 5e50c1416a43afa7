import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLayout } from '@assay/registry'
import { buildImage, pushImage, type BuiltImage, type ImageDescription } from './image-builder.ts'
import { virtualSigstore, type VirtualSigstore } from './sigstore/virtual-sigstore.ts'
import { runCli, type CliRun } from './cli.ts'

/** A throw-away directory in which a test plays a user. */
export interface Workspace extends AsyncDisposable {
  readonly directory: string
  path(...parts: readonly string[]): string
  write(name: string, content: string | Uint8Array): Promise<string>
  read(name: string): Promise<string>
  /** Writes an image as the layout `name` with the tag `test`, and gives its reference. */
  image(name: string, description: ImageDescription): Promise<BuiltImage & { readonly reference: string }>
  /** `release.key` and `release.pub`, with the password `secret`. */
  keys(prefix?: string): Promise<CliRun>
}

export const password = { COSIGN_PASSWORD: 'secret' } as const

export async function workspace(): Promise<Workspace> {
  const directory = await mkdtemp(join(tmpdir(), 'assay-test-'))
  const path = (...parts: readonly string[]): string => join(directory, ...parts)
  return {
    directory,
    path,
    write: async (name, content) => {
      await writeFile(path(name), content)
      return path(name)
    },
    read: (name) => readFile(path(name), 'utf8'),
    image: async (name, description) => {
      const built = await buildImage(description)
      await pushImage(await createLayout(path(name)), built, 'test')
      return { ...built, reference: `oci:${path(name)}:test` }
    },
    keys: (prefix = 'release') =>
      runCli(['keys', 'generate', '--output-key-prefix', path(prefix)], { env: password }),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  }
}

/** A Sigstore on loopback, and the flags that make the CLI use it. */
export interface ServedServices extends AsyncDisposable {
  readonly sigstore: VirtualSigstore
  readonly sign: readonly string[]
  readonly verify: readonly string[]
  readonly token: string
}

/** Serves a virtual Sigstore and writes its documents into the workspace. */
export async function services(place: Workspace): Promise<ServedServices> {
  const sigstore = virtualSigstore()
  const served = await sigstore.serve()
  const root = await place.write('trusted_root.json', sigstore.trustedRoot)
  const config = await place.write('signing_config.json', served.signingConfig())
  return {
    sigstore,
    sign: ['--signing-config', config, '--trusted-root', root],
    verify: ['--trusted-root', root, '--offline'],
    token: sigstore.identityToken({ subject: 'release@acme.test', issuer: 'https://id.acme.test' }),
    [Symbol.asyncDispose]: () => served.close(),
  }
}

/** The flags that demand the identity of `ServedServices.token`. */
export const releaseIdentity = [
  '--certificate-identity',
  'release@acme.test',
  '--certificate-oidc-issuer',
  'https://id.acme.test',
] as const

/** One file, one user, no shell. */
export const plainImage: ImageDescription = {
  layers: [
    { entries: [{ kind: 'file', path: 'etc/passwd', content: 'root:x:0:0:root:/root:/sbin/nologin\n' }] },
  ],
  config: { User: '65532' },
}
