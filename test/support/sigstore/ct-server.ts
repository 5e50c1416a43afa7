import { createHash, sign, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { spkiOf, type KeyPair } from './certificate.ts'
import { logIdOf } from './ct-log.ts'
import { contentOf, der, explicit, oid, sequence } from './der.ts'

export interface CertificateLogServer {
  readonly url: string
  close(): Promise<void>
}

/** A certificate log on loopback (RFC 6962 §4.2, add-pre-chain) that promises whatever it is given, and keeps nothing. */
export async function serveCertificateLog(keys: KeyPair): Promise<CertificateLogServer> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { chain }: { readonly chain: readonly string[] } = JSON.parse(Buffer.concat(chunks).toString())
      const [precertificate = Buffer.alloc(0), issuer = Buffer.alloc(0)] = chain.map((text) =>
        Buffer.from(text, 'base64'),
      )
      response.end(JSON.stringify(promise(keys, precertificate, issuer)))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** RFC 6962 §3.2: over the certificate as it will be, without the mark that makes it a precertificate. */
function promise(keys: KeyPair, precertificate: Buffer, issuer: Buffer): unknown {
  const tbs = withoutPoison(precertificate)
  const issuerKey = createHash('sha256')
    .update(spkiOf(new X509Certificate(issuer).publicKey))
    .digest()
  const timestamp = Date.now()
  const head = Buffer.alloc(12)
  head.writeBigUInt64BE(BigInt(timestamp), 2)
  head.writeUInt16BE(1, 10)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(tbs.byteLength)
  const signed = Buffer.concat([head, issuerKey, length.subarray(1), tbs, Buffer.alloc(2)])
  const signature = sign('sha256', signed, keys.privateKey)
  const size = Buffer.alloc(2)
  size.writeUInt16BE(signature.byteLength)
  return {
    sct_version: 0,
    id: Buffer.from(logIdOf(keys)).toString('base64'),
    timestamp,
    extensions: '',
    signature: Buffer.concat([Uint8Array.of(4, 3), size, signature]).toString('base64'),
  }
}

function withoutPoison(certificate: Buffer): Buffer {
  const [tbs = Buffer.alloc(0)] = valuesIn(contentOf(certificate))
  const fields = valuesIn(contentOf(tbs))
  const extensions = valuesIn(contentOf(contentOf(fields.at(-1) ?? Buffer.alloc(0))))
  const poison = Buffer.from(oid('1.3.6.1.4.1.11129.2.4.3'))
  const kept = extensions.filter((extension) => !extension.includes(poison))
  return Buffer.from(der(0x30, ...fields.slice(0, -1), explicit(3, sequence(...kept))))
}

/** The values that stand one after the other. */
function valuesIn(content: Uint8Array): readonly Buffer[] {
  const bytes = Buffer.from(content)
  const values: Buffer[] = []
  for (let at = 0; at < bytes.byteLength;) {
    const first = bytes[at + 1] ?? 0
    const count = first < 0x80 ? 0 : first & 0x7f
    const length = count === 0 ? first : bytes.readUIntBE(at + 2, count)
    const end = at + 2 + count + length
    values.push(bytes.subarray(at, end))
    at = end
  }
  return values
}
