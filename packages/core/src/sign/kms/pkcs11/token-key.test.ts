import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as fc from 'fast-check'
import { standInAccess } from '@assay/test-support/key-services/scenes'
import {
  hasTokens,
  testTokens,
  tokenModule,
  tokenPin,
  type TestTokens,
} from '@assay/test-support/key-services/token'
import { parseKeyReference } from '../../keys/key-reference.ts'
import { openSigningKey, type SigningKey } from '../../keys/signing-key.ts'
import { openPublicKey } from '../../keys/verification-key.ts'
import { SigningError } from '../../signing-error.ts'
import { fulfils, keyTask } from '../key-task.ts'
import { parseTokenUri } from './token-uri.ts'

const message = Buffer.from('the message of this test')

const errorOf = (asked: Promise<unknown>): Promise<unknown> =>
  asked.then(
    () => undefined,
    (error: unknown) => error,
  )

describe.skipIf(!hasTokens)('a key in a PKCS #11 token', () => {
  let tokens: TestTokens
  beforeAll(() => {
    tokens = testTokens()
    for (const label of ['release', 'other']) tokens.newToken(label)
    for (const [index, type] of [
      'EC:prime256v1',
      'EC:secp384r1',
      'EC:secp521r1',
      'rsa:2048',
      'EC:edwards25519',
    ].entries())
      tokens.newKey('release', { type, label: type, id: `a${index}` })
    tokens.newKey('release', { type: 'EC:prime256v1', label: 'twin', id: 'b1' })
    tokens.newKey('release', { type: 'EC:prime256v1', label: 'twin', id: 'b2' })
    tokens.newKey('release', { type: 'EC:secp256k1', label: 'koblitz', id: 'b3' })
  }, 60_000)
  afterAll(() => tokens[Symbol.dispose]())

  const module = `module-path=${tokenModule}`
  const env = (more: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> => ({
    ...tokens.env,
    COSIGN_PKCS11_PIN: tokenPin,
    ...more,
  })
  const open = (uri: string, more?: Readonly<Record<string, string>>): Promise<SigningKey> =>
    openSigningKey(uri, standInAccess(env(more), {}))

  it.each(['EC:prime256v1', 'EC:secp384r1', 'EC:secp521r1', 'rsa:2048', 'EC:edwards25519'])(
    'signs with %s what its public key verifies; the public key takes no PIN',
    async (label) => {
      const uri = `pkcs11:token=release;object=${label.replace(':', '%3A')}?${module}`
      const { publicKey, sign } = await open(uri)
      const signature = await sign(message)
      expect(
        await fulfils(keyTask(publicKey, message, { hashOnly: false }), signature.value, publicKey),
      ).toBe(true)
      const asked = await openPublicKey(uri, standInAccess(tokens.env, {}))
      expect(asked.keyId).toBe(publicKey.keyId)
    },
  )

  it('is found by its id, the module and the PIN by variables or in the URI', async () => {
    const pinFile = join(tokens.directory, 'pin')
    await writeFile(pinFile, `${tokenPin}\n`)
    const variables = { COSIGN_PKCS11_MODULE_PATH: tokenModule }
    const byId = await open('pkcs11:token=release;id=%a0', variables)
    const inUri = await open(`pkcs11:token=release;id=%A0;type=private?${module}&pin-value=${tokenPin}`, {
      COSIGN_PKCS11_PIN: '',
    })
    const inFile = await open(`pkcs11:token=release;id=%A0?${module}&pin-source=file:${pinFile}`, {
      COSIGN_PKCS11_PIN: '',
    })
    for (const { publicKey, sign } of [byId, inUri, inFile]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect((await sign(message)).publicKey.keyId).toBe(publicKey.keyId)
    }
    expect(new Set([byId, inUri, inFile].map(({ publicKey }) => publicKey.keyId)).size).toBe(1)
  })

  it.each<[string, string, string]>([
    ['another token', 'token=nowhere;id=%a0', 'no token is the one that was named'],
    ['another serial number', 'token=release;serial=1;id=%a0', 'no token is the one that was named'],
    ['several tokens', 'model=SoftHSM%20v2;id=%a0', 'several tokens are as named'],
    ['another key', 'token=release;object=none', 'the token has no such public key'],
    ['two keys of one name', 'token=release;object=twin', 'several keys are as named'],
    [
      'a name that is not the one of the id',
      'token=release;object=twin;id=%a0',
      'the token has no such public key',
    ],
  ])('is not taken for %s', async (_what, path, got) => {
    expect(await errorOf(open(`pkcs11:${path}?${module}`))).toMatchObject({ code: 'KEY_PLUGIN_FAILED', got })
  })

  it('is refused where its curve is none of ours', async () => {
    expect(await errorOf(open(`pkcs11:token=release;object=koblitz?${module}`))).toMatchObject({
      code: 'UNSUPPORTED_KEY',
    })
  })

  it('G-01: a wrong PIN is explained and not repeated, a missing one is asked for', async () => {
    const uri = `pkcs11:token=release;id=%a0?${module}`
    const wrong = await errorOf((await open(uri, { COSIGN_PKCS11_PIN: 'canary-wrong' })).sign(message))
    expect(wrong).toMatchObject({
      code: 'KEY_PLUGIN_FAILED',
      got: expect.stringContaining('CKR_PIN_INCORRECT'),
      hint: expect.stringContaining('lock'),
    })
    expect(inspect(wrong)).not.toContain('canary')
    const none = await open(uri, { COSIGN_PKCS11_PIN: '' })
    expect(await errorOf(none.sign(message))).toMatchObject({ code: 'NO_KEY_ACCESS' })
  })

  it('with a locked PIN is explained, and not tried where the token says so', async () => {
    const record = join(tokens.directory, 'locked')
    const uri = `pkcs11:token=release;id=%a0?${module}`
    const path = { PATH: `${tokens.directory}:${process.env['PATH']}` }
    const signWith = async (answer: string): Promise<unknown> => {
      const script = `echo "$@" >> ${record}\ncase "$*" in ${answer} ;; *) exec /usr/bin/pkcs11-tool "$@" ;; esac`
      await standBefore(tokens.directory, `#!/bin/sh\n${script}\n`)
      return await errorOf((await open(uri, path)).sign(message))
    }
    const locked = {
      code: 'KEY_PLUGIN_FAILED',
      got: expect.stringContaining('CKR_PIN_LOCKED'),
      hint: expect.stringContaining('unlocks'),
    }
    const flagged = `s/login required/&, user PIN locked/`
    expect(
      await signWith(`*--list-token-slots*) /usr/bin/pkcs11-tool "$@" | sed '${flagged}'`),
    ).toMatchObject(locked)
    expect(await readFile(record, 'utf8')).not.toContain('--sign')
    const late = 'error: PKCS11 function C_Login failed: rv = CKR_PIN_LOCKED (0xa4)'
    expect(await signWith(`*--sign*) echo '${late}' >&2; exit 1`)).toMatchObject(locked)
  })

  it('G-01: the PIN stands on no command line, and passwords of other keys reach no module', async () => {
    const record = join(tokens.directory, 'record')
    await standBefore(
      tokens.directory,
      `#!/bin/sh\necho "$0 $@" >> ${record}\nenv | grep COSIGN_ >> ${record}\nexec /usr/bin/pkcs11-tool "$@"\n`,
    )
    const path = { PATH: `${tokens.directory}:${process.env['PATH']}`, COSIGN_PASSWORD: 'canary-password' }
    const { sign } = await open(`pkcs11:token=release;id=%a0?${module}`, path)
    await sign(message)
    const seen = await readFile(record, 'utf8')
    expect(seen).toContain('--sign')
    expect(seen).not.toContain('canary')
  })

  it('is not believed: a signature that does not verify goes nowhere', async () => {
    await standBefore(
      tokens.directory,
      '#!/bin/sh\ncase "$*" in *--sign*) echo nonsense ;; *) exec /usr/bin/pkcs11-tool "$@" ;; esac\n',
    )
    const { sign } = await open(`pkcs11:token=release;id=%a0?${module}`, {
      PATH: `${tokens.directory}:${process.env['PATH']}`,
    })
    expect(await errorOf(sign(message))).toMatchObject({
      code: 'KEY_PLUGIN_FAILED',
      got: 'a signature that the public key of the key does not verify',
    })
  })

  it('says what is missing: the module, or the program', async () => {
    expect(await errorOf(open('pkcs11:token=release;id=%a0?module-path=/nonexistent.so'))).toMatchObject({
      code: 'KEY_PLUGIN_FAILED',
    })
    expect(await errorOf(open('pkcs11:token=release;id=%a0'))).toMatchObject({ code: 'UNSUPPORTED_KEY' })
    const nowhere = await errorOf(
      open(`pkcs11:token=release;id=%a0?${module}`, { PATH: tokens.directory.replace(/[^/]+$/, 'none') }),
    )
    expect(nowhere).toMatchObject({ code: 'KEY_PLUGIN_FAILED', hint: expect.stringContaining('OpenSC') })
  })
})

/** Puts a program of this name before the real one. */
async function standBefore(directory: string, script: string): Promise<void> {
  const program = join(directory, 'pkcs11-tool')
  await writeFile(program, script)
  await chmod(program, 0o755)
}

describe('parseTokenUri', () => {
  it('reads percent-encoded bytes', () => {
    const uri = parseTokenUri(
      'pkcs11:token=My%20token;object=Schl%C3%BCssel;id=%00%ff?module-path=/m.so&pin-source=file:///run/pin',
    )
    expect(uri).toEqual({
      slot: { token: 'My token' },
      label: 'Schlüssel',
      id: '00ff',
      modulePath: '/m.so',
      pinSource: '/run/pin',
      pinValue: undefined,
    })
  })

  it.each([
    'pkcs11:',
    'pkcs11:token=a',
    'pkcs11:object=a',
    'pkcs11:token=a;object=b;object=c',
    'pkcs11:token=a;object=b;library-version=3',
    'pkcs11:token=a;object=b;type=cert',
    'pkcs11:token=a;object=',
    'pkcs11:token=a;object=%zz',
    'pkcs11:token=a;object=b?pin-value=1?x',
    'pkcs11:token=a;object=b?pin-source=|/bin/sh',
    'pkcs11:token=a;object=b?x-vendor=1',
    'pkcs11:slot-id=x;object=b',
  ])('refuses %s without repeating it', (text) => {
    expect(() => parseTokenUri(text)).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED_KEY', got: undefined }),
    )
  })

  it('is a URI in every spelling of its scheme, and no file that an error would name', () => {
    const resource = 'PKCS11:token=a;object=b?pin-value=canary'
    expect(parseKeyReference(resource)).toEqual({ kind: 'pkcs11', resource })
    expect(parseTokenUri(resource)).toMatchObject({ label: 'b', pinValue: 'canary' })
  })

  it('answers every text with a URI or its own error', () => {
    const part = fc.string({
      unit: fc.constantFrom('a', '=', ';', '?', '&', '%', '2', '0', 'id', 'token', 'object', 'pin-value'),
    })
    fc.assert(
      fc.property(part, (text) => {
        expect(['a URI', 'UNSUPPORTED_KEY']).toContain(readingOf(`pkcs11:${text}`))
      }),
    )
  })
})

function readingOf(text: string): string {
  try {
    parseTokenUri(text)
    return 'a URI'
  } catch (error) {
    return error instanceof SigningError ? error.code : 'something else'
  }
}
