import { generateKeyPairSync } from 'node:crypto'
import { createLayout, type Descriptor } from '@assay/registry'
import { signBundle } from '@assay/test-support/sigstore/sign-bundle'
import { bundleBytes, type TestBundle } from '@assay/test-support/sigstore/test-bundle'
import { withEntry } from '@assay/test-support/log-tampering'
import { describe, expect, test } from 'vitest'
import { attachBundle } from '../../packages/core/src/attach/attach-bundle.ts'
import { signatureStatement } from '../../packages/core/src/statement/signature-statement.ts'
import { runCli } from '../support/cli.ts'
import { plainImage, releaseIdentity, services, workspace, type Workspace } from '../support/workspace.ts'

const keys = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })

async function attach(
  place: Workspace,
  name: string,
  about: { readonly subject: Descriptor; readonly bundle: TestBundle | Uint8Array },
): Promise<void> {
  const { subject, bundle } = about
  await attachBundle(await createLayout(place.path(name)), subject, {
    bundle: bundle instanceof Uint8Array ? bundle : bundleBytes(bundle),
    predicateType: 'https://sigstore.dev/cosign/sign/v1',
    createdAt: new Date(),
  })
}

describe('what the command line makes of it', () => {
  test(
    'attestations of five and of sixty megabytes are made and verified',
    { timeout: 180_000 },
    async () => {
      await using place = await workspace()
      await using sigstore = await services(place)
      const image = await place.image('image', plainImage)
      for (const size of [5_000_000, 60_000_000]) {
        const file = await place.write('sbom.json', JSON.stringify({ comment: 'x'.repeat(size) }))
        const type = ['--type', `https://acme.test/${size}`]
        const line = ['attest', '--identity-token', sigstore.token, ...sigstore.sign, ...type]
        const deadline = 90_000
        // oxlint-disable no-await-in-loop -- one after the other, for the memory
        const made = await runCli([...line, '--predicate', file, image.reference], { deadline })
        expect(made, made.stderr).toMatchObject({ code: 0 })
        const asked = ['verify', ...type, ...releaseIdentity, ...sigstore.verify, image.reference]
        expect(await runCli(asked, { deadline })).toMatchObject({ code: 0 })
        // oxlint-enable no-await-in-loop
      }
    },
  )

  test('a trusted root that is named is held against the log entry, though the log is not demanded', async () => {
    await using place = await workspace()
    await using sigstore = await services(place)
    const image = await place.image('image', plainImage)
    const pub = await place.write('k.pub', keys.publicKey.export({ type: 'spki', format: 'pem' }))
    const payload = signatureStatement(image.descriptor.digest)
    const bundle = await signBundle(sigstore.sigstore, { payload, signer: keys })
    const forged = withEntry(bundle, (entry) => {
      entry.inclusionPromise = { signedEntryTimestamp: Buffer.from('forged').toString('base64') }
    })
    await attach(place, 'image', { subject: image.descriptor, bundle: forged })
    const line = ['verify', '--key', pub, '--insecure-ignore-tlog']
    const run = await runCli([...line, ...sigstore.verify, image.reference])
    expect(run).toMatchObject({ code: 1, stdout: expect.stringContaining('INVALID_LOG_PROMISE') })
    expect(await runCli([...line, '--offline', image.reference])).toMatchObject({ code: 0 })
    const file = await place.write('forged.json', JSON.stringify(forged))
    const detached = await runCli([...line, ...sigstore.verify, '--bundle', file, image.reference])
    expect(detached).toMatchObject({ code: 1, stdout: expect.stringContaining('INVALID_LOG_PROMISE') })
  })

  test.each([
    ['--min-timestamps', '1'],
    ['--max-age', '1d'],
  ])('%s works for a key without a log, too', async (...strengthened) => {
    await using place = await workspace()
    await using sigstore = await services(place)
    const image = await place.image('image', plainImage)
    const pub = await place.write('k.pub', keys.publicKey.export({ type: 'spki', format: 'pem' }))
    const payload = signatureStatement(image.descriptor.digest)
    const bundle = await signBundle(sigstore.sigstore, {
      payload,
      signer: keys,
      log: 'none',
      timestamp: true,
    })
    await attach(place, 'image', { subject: image.descriptor, bundle })
    const line = ['verify', '--key', pub, '--insecure-ignore-tlog', ...strengthened]
    const run = await runCli([...line, ...sigstore.verify, image.reference])
    expect(run, run.stdout).toMatchObject({ code: 0 })
  })
})
