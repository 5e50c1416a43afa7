import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { RegistryError } from '@assay/registry'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pemOf, type KeptByStandIn } from '@assay/test-support/key-services/kept'
import {
  googleCredentialsFile,
  keyScenes,
  standInAccess,
  testKey,
  type KeyScene,
} from '@assay/test-support/key-services/scenes'
import type { StandIn } from '@assay/test-support/key-services/stand-in'
import { publicKeyPem } from '../keys/private-key.ts'
import { openSigningKey } from '../keys/signing-key.ts'
import { openPublicKey } from '../keys/verification-key.ts'
import { fulfils, keyTask } from './key-task.ts'

const message = Buffer.from('the message of this test')
let directory = ''

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kept-keys-'))
  await writeFile(join(directory, 'credentials.json'), googleCredentialsFile)
})
afterAll(() => rm(directory, { recursive: true }))

function accessFor(scene: KeyScene, kept: KeptByStandIn): ReturnType<typeof standInAccess> {
  const { GOOGLE_APPLICATION_CREDENTIALS: file, ...env } = scene.env
  return standInAccess(
    { ...env, ...(file !== undefined && { GOOGLE_APPLICATION_CREDENTIALS: join(directory, file) }) },
    scene.hosts(kept),
  )
}

async function failureOf(scene: KeyScene, kept: KeptByStandIn): Promise<unknown> {
  const opened = await openSigningKey(scene.reference, accessFor(scene, kept))
  return opened.sign(message).then(
    () => undefined,
    (error: unknown) => error,
  )
}

/** Repeats all that it was sent, in words that nobody would take for secrets. */
const refusing: StandIn = ({ headers, body }) => {
  const heard = Object.values(headers).map((value) => value.replace(/^Bearer /, ''))
  return { status: 403, body: `I heard ${[...heard, body.toString()].join(' / ')}` }
}

describe.each(keyScenes)('$name', (scene) => {
  it.each(scene.algorithms)('signs with a key of %s what its public key verifies', async (kind) => {
    const kept = { key: testKey(kind) }
    const hashOnly = kind === 'ed25519ph'
    const { publicKey, sign } = await openSigningKey(scene.reference, accessFor(scene, kept))
    const signature = await sign(message, { hashOnly })
    expect(publicKeyPem(publicKey)).toBe(pemOf(kept.key))
    const task = keyTask(publicKey, message, { hashOnly })
    expect(signature).toMatchObject({ publicKey, hash: task.hash })
    expect(await fulfils(task, signature.value, publicKey)).toBe(true)
    const asked = await openPublicKey(scene.reference, accessFor(scene, kept))
    expect(asked.keyId).toBe(publicKey.keyId)
  })

  it.each<[string, Partial<KeptByStandIn>]>([
    ['by another key', { otherKey: testKey('P-256') }],
    ['over other bytes', { otherBytes: true }],
    ['that is none', { garbage: true }],
  ])('does not pass on a signature %s', async (_what, lie) => {
    const error = await failureOf(scene, { key: testKey('P-256'), ...lie })
    expect(error).toMatchObject({
      code: 'SERVICE_MISBEHAVED',
      message: `${scene.name} gave an unusable answer`,
      got: 'a signature that the public key of the key does not verify',
    })
  })

  it('G-01: names itself when it refuses, and repeats no secret that the answer repeats', async () => {
    const kept = { key: testKey('P-256') }
    const hosts = { ...scene.hosts(kept), [scene.host]: refusing }
    const error: unknown = await openSigningKey(
      scene.reference,
      accessFor({ ...scene, hosts: () => hosts }, kept),
    ).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'SERVICE_REFUSED', message: `${scene.name} refused` })
    for (const secret of scene.secrets) expect(inspect(error)).not.toContain(secret)
  })

  it.each<[string, string, StandIn]>([
    [
      'is down',
      'SERVICE_UNREACHABLE',
      () => Promise.reject(new RegistryError('UNREACHABLE', 'the server refused the connection')),
    ],
    ['talks nonsense', 'SERVICE_MISBEHAVED', () => ({ status: 200, body: '<html>' })],
    ['answers with nothing of what was asked for', 'SERVICE_MISBEHAVED', () => ({ status: 200, body: {} })],
    [
      'does not stop talking',
      'SERVICE_MISBEHAVED',
      () => ({ status: 200, body: new Uint8Array(9 * 1024 * 1024) }),
    ],
  ])('says so when it %s', async (_what, code, standIn) => {
    const kept = { key: testKey('P-256') }
    const hosts = { ...scene.hosts(kept), [scene.host]: standIn }
    const opened = openSigningKey(scene.reference, accessFor({ ...scene, hosts: () => hosts }, kept))
    await expect(opened).rejects.toMatchObject({ code, message: expect.stringContaining(scene.name) })
  })

  it('is not waited for any longer than its caller wants to', async () => {
    const kept = { key: testKey('P-256') }
    const hosts = { ...scene.hosts(kept), [scene.host]: () => new Promise<never>(() => undefined) }
    const access = accessFor({ ...scene, hosts: () => hosts }, kept)
    const opened = openSigningKey(scene.reference, { ...access, signal: AbortSignal.timeout(200) })
    await expect(opened).rejects.toMatchObject({ code: 'ABORTED' })
  })

  it('refuses a key that nobody would verify with', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
    const opened = openSigningKey(scene.reference, accessFor(scene, { key: privateKey }))
    await expect(opened).rejects.toMatchObject({ code: 'UNSUPPORTED_KEY' })
  })
})
