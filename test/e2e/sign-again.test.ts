import { signBlob, signImage } from '@assay/core'
import { memoryStore } from '@assay/registry'
import { describe, expect, it } from 'vitest'
import { all } from '../support/artifacts.ts'
import { freshKey, signingSetup } from '../support/signing.ts'
import { pushedImage } from '../support/signing-places.ts'
import type { Lie } from '../support/sigstore/lies.ts'
import { virtualSigstore, type VirtualSigstore } from '../support/sigstore/virtual-sigstore.ts'

const artifact = Buffer.from('the bytes of a release')

/** Answers in place of the log, where the request's path is this one. */
function answering(path: RegExp, status: number, body = '{}'): (sigstore: VirtualSigstore) => void {
  return (sigstore) =>
    sigstore.fail(({ url }) =>
      Promise.resolve(
        path.test(url.pathname) ? { status, headers: {}, body: stream(Buffer.from(body)) } : undefined,
      ),
    )
}

async function* stream(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes)
}

describe('signing the same thing again with a key whose signatures are always alike', () => {
  for (const rekor of ['v1', 'v2'] as const) {
    for (const algorithm of ['rsa-2048', 'ed25519'] as const) {
      it(`${algorithm} and Rekor ${rekor}: the entry that is there is used`, async () => {
        const sigstore = virtualSigstore()
        const { signer } = await freshKey(algorithm)
        const setup = { ...signingSetup(sigstore, { rekor }), signer }
        const first = await signBlob(artifact, setup)
        await signBlob(Buffer.from('something else'), setup)
        const again = await signBlob(artifact, setup)
        const index = (blob: typeof first): unknown => blob.proof.logEntries[0]?.logIndex
        expect(index(again)).toEqual(index(first))
      })
    }
  }

  it('an image is attached to again', async () => {
    const sigstore = virtualSigstore()
    const store = memoryStore()
    const subject = await pushedImage(store)
    const { signer } = await freshKey('rsa-2048')
    const setup = { ...signingSetup(sigstore, { rekor: 'v2' }), signer }
    await signImage({ store, subject }, setup)
    await signImage({ store, subject }, setup)
    expect(await all(store.referrers(subject.digest))).not.toHaveLength(0)
  })

  const faults: readonly (readonly [string, string, (sigstore: VirtualSigstore) => void])[] = [
    ['publishes no checkpoint', 'SERVICE_REFUSED', answering(/checkpoint$/, 501)],
    ['publishes no tiles', 'SERVICE_REFUSED', answering(/tile\//, 404)],
    ['gives nonsense for a checkpoint', 'SERVICE_MISBEHAVED', answering(/checkpoint$/, 200)],
    ['gives tiles that are cut short', 'SERVICE_MISBEHAVED', answering(/tile\/0/, 200, 'x')],
    ['gives an empty bundle', 'SERVICE_MISBEHAVED', answering(/tile\/entries/, 200, '')],
    ['does not say where', 'SERVICE_REFUSED', answering(/log\/entries$/, 409)],
    [
      'shows a checkpoint of somebody else',
      'SERVICE_MISBEHAVED',
      (log) => log.tell('foreign-checkpoint' satisfies Lie),
    ],
  ]
  for (const [title, code, fault] of faults) {
    it(`a log that ${title} is named`, async () => {
      const sigstore = virtualSigstore()
      const { signer } = await freshKey('rsa-2048')
      const setup = { ...signingSetup(sigstore, { rekor: 'v2' }), signer }
      await signBlob(artifact, setup)
      fault(sigstore)
      await expect(signBlob(artifact, setup)).rejects.toMatchObject({
        code,
        message: expect.stringContaining('Rekor'),
      })
    })
  }

  it('a log that points to another of its entries is caught', async () => {
    const sigstore = virtualSigstore()
    const { signer } = await freshKey('rsa-2048')
    const setup = { ...signingSetup(sigstore, { rekor: 'v2' }), signer }
    await signBlob(Buffer.from('something else'), setup)
    sigstore.fail(({ method }) =>
      Promise.resolve(
        method === 'POST'
          ? { status: 409, headers: { 'x-log-index': '5' }, body: stream(Buffer.from('{}')) }
          : undefined,
      ),
    )
    const lied = { ...setup, witnesses: setup.witnesses.filter(({ kind }) => kind === 'log-entry') }
    await expect(signBlob(artifact, lied)).rejects.toMatchObject({
      code: 'NOT_VERIFIABLE',
      message: expect.stringContaining('Rekor'),
    })
  })
})
