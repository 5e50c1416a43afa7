import {
  constants,
  createHash,
  generateKeyPairSync,
  privateEncrypt,
  sign,
  type KeyPairKeyObjectResult,
} from 'node:crypto'
import { parsePublicKey, type TrustedKey } from '@assay/core'
import {
  artifact,
  artifactDigest,
  outcome,
  signed,
  sigstoreAt,
  statementPayload,
  verifyJson,
} from '@assay/test-support/verification'
import { describe, expect, test } from 'vitest'

const sha256 = createHash('sha256').update(artifact).digest()
const digestInfo = Buffer.from('3031300d060960864801650304020105000420', 'hex')

function trusted({ publicKey }: KeyPairKeyObjectResult): TrustedKey {
  return parsePublicKey(publicKey.export({ format: 'pem', type: 'spki' }).toString())
}

/** What a holder of the key could sign so that a lenient reader of PKCS#1 takes it for the digest's. */
const blocks: readonly { readonly what: string; readonly tail: Buffer; readonly padding?: number }[] = [
  {
    what: 'a field more inside the DigestInfo',
    tail: Buffer.concat([Buffer.from('3033300f0609608648016503040201050005000420', 'hex'), sha256]),
  },
  {
    what: 'an absent NULL',
    tail: Buffer.concat([Buffer.from('302f300b06096086480165030402010420', 'hex'), sha256]),
  },
  {
    what: 'garbage after the digest',
    tail: Buffer.concat([digestInfo, sha256, Buffer.alloc(64, 7)]),
  },
  {
    what: 'the name of another hash',
    tail: Buffer.concat([Buffer.from('3031300d060960864801650304020305000420', 'hex'), sha256]),
  },
  {
    what: 'less than eight bytes of padding',
    tail: Buffer.concat([Buffer.alloc(190), digestInfo, sha256]),
    padding: 4,
  },
  { what: 'the bare digest', tail: sha256 },
]

describe('D.1 forgeries', () => {
  test.each(blocks)(
    'D-01, D-02: an RSA block with $what is refused, by file and by digest',
    async ({ tail, padding }) => {
      const sigstore = sigstoreAt()
      const keys = generateKeyPairSync('rsa', { modulusLength: 2048 })
      const made = await signed(sigstore, {
        signer: keys,
        log: 'none',
        content: 'message',
        payload: artifact,
      })
      const codes = async (signature: Buffer): Promise<readonly string[]> => {
        const messageSignature = {
          messageDigest: { algorithm: 'SHA2_256', digest: sha256.toString('base64') },
          signature: signature.toString('base64'),
        }
        const options = { keys: [trusted(keys)], transparencyLog: 'insecure-ignore' } as const
        const bundle = { ...made, messageSignature }
        return [
          await outcome(() => verifyJson(sigstore, bundle, { ...options, artifact })),
          await outcome(() => verifyJson(sigstore, bundle, options)),
        ]
      }
      const block = Buffer.concat([
        Buffer.from([0, 1]),
        Buffer.alloc(padding ?? 256 - 3 - tail.byteLength, 0xff),
        Buffer.from([0]),
        tail,
      ])
      const whole = Buffer.concat([block, Buffer.alloc(256 - block.byteLength, 1)])
      const forged = privateEncrypt({ key: keys.privateKey, padding: constants.RSA_NO_PADDING }, whole)
      expect(await codes(forged)).toEqual(['INVALID_SIGNATURE', 'INVALID_SIGNATURE'])
      expect(await codes(sign('sha256', artifact, keys.privateKey))).toEqual(['ok', 'ok'])
    },
  )

  test('an Ed25519 signature needs the file: its digest alone says nothing', async () => {
    const sigstore = sigstoreAt()
    const keys = generateKeyPairSync('ed25519')
    const bundle = await signed(sigstore, {
      signer: keys,
      log: 'none',
      content: 'message',
      payload: artifact,
    })
    const { messageSignature, ...rest } = bundle
    expect(messageSignature).toBeDefined()
    const digest = Buffer.from(artifactDigest.slice('sha256:'.length), 'hex').toString('base64')
    const claimed = {
      ...rest,
      messageSignature: {
        messageDigest: { algorithm: 'SHA2_256', digest },
        signature: sign(null, artifact, keys.privateKey).toString('base64'),
      },
    }
    const options = { keys: [trusted(keys)], transparencyLog: 'insecure-ignore' } as const
    expect(await outcome(() => verifyJson(sigstore, claimed, { ...options, artifact }))).toBe('ok')
    await expect(verifyJson(sigstore, claimed, options)).rejects.toThrow('a digest alone')
  })

  test('of several trusted keys without a hint, the one that signed counts; a stranger’s does not', async () => {
    const sigstore = sigstoreAt()
    const [signer, other, third] = [1, 2, 3].map(() => generateKeyPairSync('ec', { namedCurve: 'P-256' }))
    if (signer === undefined || other === undefined || third === undefined) throw new Error('three keys')
    const bundle = await signed(sigstore, { signer, payload: statementPayload() })
    const material = { ...bundle.verificationMaterial, publicKey: {} }
    const code = (keys: readonly KeyPairKeyObjectResult[]): Promise<string> =>
      outcome(() =>
        verifyJson(sigstore, { ...bundle, verificationMaterial: material }, { keys: keys.map(trusted) }),
      )
    expect(await code([other, signer])).toBe('ok')
    expect(await code([other, third])).toBe('UNTRUSTED_KEY')
    expect(await code([])).toBe('UNTRUSTED_KEY')
  })
})
