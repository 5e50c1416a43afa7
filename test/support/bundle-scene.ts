import { readFile } from 'node:fs/promises'
import { expect } from 'vitest'
import { runCli, type CliRun } from './cli.ts'
import { password, services, workspace, type ServedServices, type Workspace } from './workspace.ts'

/** A signer with a key and an identity, a log, and the CLI in one folder. */
export interface BundleScene {
  readonly place: Workspace
  readonly sigstore: ServedServices
  readonly log: readonly string[]
  /** Signs app.tar, with the key or keyless, and gives the bundle's JSON. */
  readonly signBlob: (...flags: readonly string[]) => Promise<BundleJson>
  readonly write: (name: string, content: unknown) => Promise<string>
  readonly run: (...args: readonly string[]) => Promise<CliRun>
}

/** A Sigstore bundle as JSON, for tests to take apart. */
export interface BundleJson {
  mediaType: string
  verificationMaterial: Record<string, unknown> & {
    certificate?: { rawBytes: string }
    tlogEntries: EntryJson[]
    timestampVerificationData: { rfc3161Timestamps: { signedTimestamp: string }[] }
  }
  messageSignature?: { signature: string }
  dsseEnvelope?: { payload: string; payloadType: string; signatures: { sig: string }[] }
}

interface EntryJson {
  logIndex: string
  logId: { keyId: string }
  integratedTime: string
  inclusionPromise?: { signedEntryTimestamp: string }
  inclusionProof?: object
  canonicalizedBody: string
}

export async function withBundleScene(act: (scene: BundleScene) => Promise<void>): Promise<void> {
  await using place = await workspace()
  await using sigstore = await services(place)
  await place.keys()
  await place.write('app.tar', 'the bytes of a release')
  await place.write('sbom.cdx.json', '{"bomFormat":"CycloneDX","specVersion":"1.6"}')
  const config: { readonly rekorTlogUrls: readonly { readonly url: string }[] } = JSON.parse(
    await place.read('signing_config.json'),
  )
  const run = (...args: readonly string[]): Promise<CliRun> =>
    runCli(args, { cwd: place.directory, env: { ...password, SIGSTORE_ID_TOKEN: sigstore.token } })
  await act({
    place,
    sigstore,
    log: ['--rekor-url', config.rekorTlogUrls[0]?.url ?? ''],
    run,
    write: (name, content) =>
      place.write(name, typeof content === 'string' ? content : JSON.stringify(content)),
    signBlob: async (...flags) => {
      const signed = await run('sign-blob', ...sigstore.sign, ...flags, '--bundle', 'made.json', 'app.tar')
      expect(signed).toMatchObject({ code: 0, stderr: '' })
      return JSON.parse(await readFile(place.path('made.json'), 'utf8'))
    },
  })
}

/** What cosign v2 wrote beside a blob. */
export function oldBundle({ messageSignature, verificationMaterial }: BundleJson): object {
  const [entry] = verificationMaterial.tlogEntries
  const certificate = verificationMaterial.certificate?.rawBytes ?? ''
  const pem = `-----BEGIN CERTIFICATE-----\n${certificate}\n-----END CERTIFICATE-----\n`
  return {
    base64Signature: messageSignature?.signature,
    ...(certificate !== '' && { cert: Buffer.from(pem).toString('base64') }),
    rekorBundle: {
      SignedEntryTimestamp: entry?.inclusionPromise?.signedEntryTimestamp,
      Payload: {
        body: entry?.canonicalizedBody,
        integratedTime: Number(entry?.integratedTime),
        logIndex: Number(entry?.logIndex),
        logID: Buffer.from(entry?.logId.keyId ?? '', 'base64').toString('hex'),
      },
    },
  }
}
