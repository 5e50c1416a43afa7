/**
 * The source of a program that keeps the key of PLUGIN_KEY under the name `resource` and speaks the protocol of
 * sigstore-kms plugins, v1. Its exit code means nothing, as the protocol has it.
 */
export function kmsPlugin(resource: string): string {
  return `#!/usr/bin/env node
const { createPrivateKey, createPublicKey, sign } = require('node:crypto')
const { readFileSync } = require('node:fs')
const [version, text] = process.argv.slice(2)
const { initOptions, methodName } = JSON.parse(text)
const answer = (value) => process.stdout.write(JSON.stringify(value))
if (version !== 'v1' || initOptions.keyResourceID !== '${resource}') answer({ errorMessage: 'no such key' })
else if ('COSIGN_PASSWORD' in process.env || 'COSIGN_PKCS11_PIN' in process.env) answer({ errorMessage: 'a password that is not mine' })
else {
  const key = createPrivateKey(process.env.PLUGIN_KEY)
  const hash = { 5: 'sha256', 6: 'sha384', 7: 'sha512' }[initOptions.hashFunc]
  if (methodName === 'publicKey') {
    const pem = createPublicKey(key).export({ type: 'spki', format: 'pem' })
    answer({ publicKey: { publicKeyPEM: Buffer.from(pem).toString('base64') } })
  } else answer({ signMessage: { signature: sign(hash, readFileSync(0), key).toString('base64') } })
}
process.exitCode = 3
`
}
