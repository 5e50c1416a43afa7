import { generateKeyPairSync } from 'node:crypto'
import { chmod, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { signImage, verifyImage, type ImageVerification } from '@assay/core'
import { digestHex, memoryStore, type ContentStore, type Descriptor } from '@assay/registry'
import { describe, expect, it } from 'vitest'
import { runCli } from '../support/cli.ts'
import { attachLegacy, simpleSigning } from '../support/legacy-signatures.ts'
import { freshKey } from '../support/signing.ts'
import { pushedImage } from '../support/signing-places.ts'
import { plainImage, services, workspace } from '../support/workspace.ts'

describe('G-01: secrets do not leave the command line', () => {
  it('no canary of the environment is in any output, log, or file', async () => {
    await using place = await workspace()
    await using sigstore = await services(place)
    const image = await place.image('image', plainImage)
    const env = {
      COSIGN_PASSWORD: 'canary-password',
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'canary-bearer',
      BUILDKITE_AGENT_ACCESS_TOKEN: 'canary-agent',
      AWS_SECRET_ACCESS_KEY: 'canary-aws',
    }
    const pair = ['keys', 'generate', '--output-key-prefix', place.path('release')]
    const key = ['--key', place.path('release.key')]
    const lines = [
      pair,
      pair,
      ['sign', ...key, '--verbose', ...sigstore.sign, image.reference],
      [
        'sign',
        ...key,
        '--verbose',
        '-o',
        'json',
        '--signature-format',
        'both',
        ...sigstore.sign,
        image.reference,
      ],
      ['sign', '--verbose', '--oidc-provider', 'github-actions', ...sigstore.sign, image.reference],
      ['sign', '--key', 'env://COSIGN_PASSWORD', '--tlog-upload=false', image.reference],
    ]
    let shown = ''
    for (const line of lines) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const run = await runCli(line, { env })
      shown += run.stdout + run.stderr
    }
    const names = await readdir(place.directory, { recursive: true, withFileTypes: true })
    for (const entry of names.filter((each) => each.isFile())) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      shown += await readFile(join(entry.parentPath, entry.name), 'latin1')
    }
    expect(shown).toContain('SIGNED')
    expect(shown).not.toContain('canary')
  })
})

describe('D-07: a private key with a public half of another one', () => {
  it.each(['pkcs8', 'sec1'] as const)('does not sign, as %s', async (type) => {
    await using place = await workspace()
    const [mine, other] = [freshPair(), freshPair()]
    const der = mine.privateKey.export({ type, format: 'der' })
    point(other).copy(der, der.indexOf(point(mine)))
    const label = type === 'pkcs8' ? 'PRIVATE KEY' : 'EC PRIVATE KEY'
    const lines = der.toString('base64').match(/.{1,64}/g) ?? []
    const pem = `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
    const file = await place.write('mixed.pem', pem)
    await chmod(file, 0o600)
    const line = ['keys', 'import', '--key', file, '--output-key-prefix', place.path('mixed')]
    const run = await runCli(line, { env: { COSIGN_PASSWORD: 'secret' } })
    expect(run).toMatchObject({ code: 2, stderr: expect.stringContaining('MALFORMED_KEY') })
    expect(await readdir(place.directory)).toEqual(['mixed.pem'])
  })
})

type KeyPair = ReturnType<typeof freshPair>

/** The public half as it stands in every form of the key. */
function point({ publicKey }: KeyPair): Buffer {
  return publicKey.export({ type: 'spki', format: 'der' }).subarray(-65)
}

function freshPair() {
  return generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
}

describe('G-07: key files', () => {
  it('a new private key is the owner’s alone, whatever the umask; nothing is overwritten', async () => {
    await using place = await workspace()
    expect(await place.keys()).toMatchObject({ code: 0 })
    expect((await stat(place.path('release.key'))).mode & 0o777).toBe(0o600)
    const again = await place.keys()
    expect(again.stderr).toContain('KEY_FILE_EXISTS')
  })

  for (const mode of [0o640, 0o604, 0o620, 0o602]) {
    it(`a private key of mode ${mode.toString(8)} is not used`, async () => {
      await using place = await workspace()
      const image = await place.image('image', plainImage)
      await place.keys()
      await chmod(place.path('release.key'), mode)
      const sign = ['sign', '--key', place.path('release.key'), '--tlog-upload=false', image.reference]
      const run = await runCli(sign, { env: { COSIGN_PASSWORD: 'secret' } })
      expect(run.code).toBe(2)
      expect(run.stderr).toContain('KEY_FILE_UNSAFE')
    })
  }
})

describe('G-09: whoever can write to the repository', () => {
  async function verify(
    store: ContentStore,
    subject: Descriptor,
    signer: Signer,
  ): Promise<ImageVerification> {
    return verifyImage(store, subject, {
      signer: { kind: 'key' },
      content: { kind: 'signature' },
      keys: [signer.key.publicKey],
      now: new Date(),
      transparencyLog: 'insecure-ignore',
      sct: 'require',
    })
  }
  type Signer = Awaited<ReturnType<typeof freshKey>>

  it('changes a pass to a refusal at most: added tags and referrers never make a pass', async () => {
    const [release, mallory] = [await freshKey(), await freshKey()]
    const store = memoryStore()
    const subject = await pushedImage(store)
    const options = { witnesses: [], now: () => new Date(), forms: ['bundle', 'legacy'] as const }
    await signImage({ store, subject }, { ...options, signer: mallory.signer })
    expect((await verify(store, subject, release)).proofs).toEqual([])
    await signImage({ store, subject }, { ...options, signer: release.signer })
    expect((await verify(store, subject, release)).proofs).toHaveLength(2)
    // The legacy tag is overwritten by somebody who cannot sign: the bundle still counts, the tag no more.
    const layers = [{ payload: simpleSigning(subject.digest), annotations: {} }]
    await attachLegacy(store, subject, { suffix: 'sig', layers })
    await store.tag(subject, `sha256-${digestHex(subject.digest)}.att`)
    expect((await verify(store, subject, release)).proofs).toHaveLength(1)
  })
})
