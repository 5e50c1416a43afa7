import { describe, expect, it } from 'vitest'
import { runCli } from '../support/cli.ts'
import {
  authorityExtensions,
  leafExtensions,
  pemOf,
  signCertificate,
  tbsCertificate,
} from '../support/sigstore/certificate.ts'
import { serialNumber } from '../support/sigstore/certificate-authority.ts'
import { beginning, ecKeyPair, end } from '../support/sigstore/context.ts'
import { der, sequence } from '../support/sigstore/der.ts'
import { signBundle } from '../support/sigstore/sign-bundle.ts'
import { virtualSigstore, type VirtualSigstore } from '../support/sigstore/virtual-sigstore.ts'
import { workspace, type Workspace } from '../support/workspace.ts'

const content = Buffer.from('the bytes of a release\n')
const identity = { subject: 'release@acme.test', issuer: 'https://id.acme.test' }
const who = ['--certificate-identity', identity.subject]
const issuer = ['--certificate-oidc-issuer', identity.issuer]
const unlogged = ['--insecure-ignore-tlog', '--insecure-ignore-sct']

type Keys = ReturnType<typeof ecKeyPair>

/** A certificate of an authority of that level, or of a signer who names no issuer of tokens. */
function certificate(about: {
  readonly subject: string
  readonly issuer: string
  readonly key: Keys
  readonly by: Keys
  readonly level?: number
}): Uint8Array {
  const ids = { own: about.key.publicKey, issuer: about.by.publicKey }
  const name = { oid: '2.5.29.17', critical: true, value: sequence(der(0x81, Buffer.from(identity.subject))) }
  const tbs = tbsCertificate({
    subject: about.subject,
    issuer: about.issuer,
    serial: serialNumber(),
    publicKey: about.key.publicKey,
    notBefore: beginning,
    notAfter: end,
    extensions:
      about.level === undefined
        ? [...leafExtensions(ids, { oid: '1.3.6.1.5.5.7.3.3' }), name]
        : authorityExtensions(ids, about.level),
  })
  return signCertificate(tbs, about.by.privateKey)
}

/** A certificate authority of somebody's own: its root, one below it, and a signer. */
function ownAuthority() {
  const [rootKeys, keys, signer] = [ecKeyPair(), ecKeyPair(), ecKeyPair()]
  return {
    root: certificate({ subject: 'root', issuer: 'root', key: rootKeys, by: rootKeys, level: 1 }),
    intermediate: certificate({ subject: 'below', issuer: 'root', key: keys, by: rootKeys, level: 0 }),
    signer: { ...signer, certificate: certificate({ subject: '', issuer: 'below', key: signer, by: keys }) },
  }
}

type Own = ReturnType<typeof ownAuthority>

/** A bundle by that signer with the time of an authority, in a file, and the files of the authorities. */
async function scene(place: Workspace, own: Own, sigstore: VirtualSigstore = virtualSigstore()) {
  const bundle = await signBundle(sigstore, {
    payload: content,
    content: 'message',
    signer: own.signer,
    timestamp: true,
  })
  const certificates = (name: string, list: readonly Uint8Array[]): Promise<string> =>
    place.write(name, list.map(pemOf).join(''))
  const [roots, between, times] = await Promise.all([
    certificates('roots.pem', [own.root]),
    certificates('between.pem', [own.intermediate]),
    certificates('times.pem', sigstore.services.tsa.chain),
  ])
  const root = await place.write('root.json', sigstore.trustedRoot)
  const file = await place.write('app.tar', content)
  return {
    line: ['verify-blob', file, '--bundle', await place.write('b.json', JSON.stringify(bundle))],
    ca: ['--ca-roots', roots, '--ca-intermediates', between],
    times: ['--timestamp-certificate-chain', times],
    root: ['--trusted-root', root],
  }
}

describe('authorities of one’s own', () => {
  it('count by their files alone, where no log is asked; nothing is fetched', async () => {
    await using place = await workspace()
    const { line, ca, times } = await scene(place, ownAuthority())
    const run = await runCli([...line, ...ca, ...times, ...unlogged, ...who])
    expect(run, run.stdout + run.stderr).toMatchObject({ code: 0, stderr: '' })
    expect(run.stdout).toContain('transparency log ignored')
  })

  it('stand in a trusted root, whose logs count', async () => {
    await using place = await workspace()
    const { line, ca, root } = await scene(place, ownAuthority())
    const logged = await runCli([...line, ...ca, ...root, '--insecure-ignore-sct', ...who])
    expect(logged, logged.stdout).toMatchObject({ code: 0 })
    const promised = await runCli([...line, ...ca, ...root, ...who])
    expect(promised).toMatchObject({ code: 1, stdout: expect.stringContaining('MISSING_SCT') })
  })

  it('are the only ones: neither another authority nor that of the trusted root counts', async () => {
    await using place = await workspace()
    const sigstore = virtualSigstore()
    const { line, ca, times, root } = await scene(place, ownAuthority(), sigstore)
    const foreign = await place.write('foreign.pem', pemOf(ownAuthority().root))
    const refused = { code: 1, stdout: expect.stringContaining('UNTRUSTED_CERTIFICATE') }
    expect(await runCli([...line, ...times, ...unlogged, ...who, '--ca-roots', foreign])).toMatchObject(
      refused,
    )
    const withoutOwn = [...line, ...root, '--insecure-ignore-sct', ...who, ...issuer]
    expect((await runCli(withoutOwn)).code).toBe(1)
    const keyless = await signBundle(sigstore, { payload: content, content: 'message', signer: { identity } })
    const bundle = await place.write('keyless.json', JSON.stringify(keyless))
    const file = ['verify-blob', place.path('app.tar'), '--bundle', bundle, ...root, ...who, ...issuer]
    expect(await runCli(file)).toMatchObject({ code: 0 })
    expect(await runCli([...file, ...ca])).toMatchObject(refused)
  })

  it('a timestamp authority of another’s does not count', async () => {
    await using place = await workspace()
    const { line, ca } = await scene(place, ownAuthority())
    const other = virtualSigstore().services.tsa.chain.map(pemOf).join('')
    const times = ['--timestamp-certificate-chain', await place.write('other.pem', other)]
    const run = await runCli([...line, ...ca, ...times, ...unlogged, ...who])
    expect(run).toMatchObject({ code: 1, stdout: expect.stringContaining('MISSING_TIMESTAMP') })
  })

  it('without an issuer in the demand, a certificate that names one is another’s', async () => {
    await using place = await workspace()
    const sigstore = virtualSigstore()
    const { authority } = sigstore.services.fulcio
    const own = { ...ownAuthority(), root: authority.root, intermediate: authority.intermediate }
    const { ca, root } = await scene(place, own, sigstore)
    const keyless = await signBundle(sigstore, { payload: content, content: 'message', signer: { identity } })
    const bundle = await place.write('keyless.json', JSON.stringify(keyless))
    const line = ['verify-blob', place.path('app.tar'), '--bundle', bundle, ...root, ...ca, ...who]
    expect(await runCli([...line, ...issuer])).toMatchObject({ code: 0 })
    expect(await runCli(line)).toMatchObject({ code: 1, stdout: expect.stringContaining('ISSUER_MISMATCH') })
  })

  it.each([
    ['a root that is none', (own: Own) => [pemOf(own.intermediate), pemOf(own.intermediate)]],
    ['a root among the intermediates', (own: Own) => [pemOf(own.root), pemOf(own.root)]],
    ['a leaf among the intermediates', (own: Own) => [pemOf(own.root), pemOf(own.signer.certificate)]],
    ['something after the last', (own: Own) => [`${pemOf(own.root)}# x\n`, pemOf(own.intermediate)]],
    ['nothing', (own: Own) => ['', pemOf(own.intermediate)]],
  ])('%s is a wrong request', async (_, files) => {
    await using place = await workspace()
    const own = ownAuthority()
    const { line, times } = await scene(place, own)
    const [roots = '', between = ''] = files(own)
    const ca = [
      '--ca-roots',
      await place.write('r.pem', roots),
      '--ca-intermediates',
      await place.write('i.pem', between),
    ]
    const run = await runCli([...line, ...ca, ...times, ...unlogged, ...who])
    expect(run).toMatchObject({ code: 2, stderr: expect.stringContaining('MALFORMED_TRUST_ROOT') })
  })

  it('intermediates alone, and a chain that does not begin with its signer, are wrong requests', async () => {
    await using place = await workspace()
    const own = ownAuthority()
    const { line, ca, root } = await scene(place, own)
    const alone = [...line, ...ca.slice(2), ...root, ...who, ...issuer]
    expect(await runCli(alone)).toMatchObject({ code: 2, stderr: expect.stringContaining('without a root') })
    const chain = await place.write('chain.pem', pemOf(own.intermediate) + pemOf(own.root))
    const times = [...line, ...ca, ...root, ...who, '--timestamp-certificate-chain', chain]
    expect(await runCli(times)).toMatchObject({ code: 2, stderr: expect.stringContaining('does not begin') })
  })

  it('are shown among what is trusted', async () => {
    await using place = await workspace()
    const { ca, times, root } = await scene(place, ownAuthority())
    const { stdout } = await runCli(['trust', ...root, ...ca, ...times])
    expect(stdout.match(/an authority of your own/g)).toHaveLength(2)
  })
})
