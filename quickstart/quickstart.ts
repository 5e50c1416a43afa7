import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { writeDemoImage, writeTamperedImage } from './demo-image.ts'
import { policyFor, sbomOf } from './documents.ts'
import { startSigstore } from './sigstore-process.ts'
import { assay, buildCli, say } from './terminal.ts'

// The whole path on this machine alone: build, inspect, sign, attest, verify, gate, refuse.
const started = Date.now()
process.chdir(resolve(import.meta.dirname, '..'))
const out = 'quickstart-out'
const image = `oci:${out}/image:demo`
const tampered = `oci:${out}/tampered:demo`
const sigstore = join(out, 'sigstore')
const password = { COSIGN_PASSWORD: 'quickstart' }
const services = [
  '--signing-config',
  join(sigstore, 'signing_config.json'),
  '--trusted-root',
  join(sigstore, 'trusted_root.json'),
]
const trust = ['--trusted-root', join(sigstore, 'trusted_root.json'), '--offline']
const key = join(out, 'release')
const identity = [
  '--certificate-identity',
  'release@sigstore.test',
  '--certificate-oidc-issuer',
  'https://accounts.sigstore.test',
]

say('Building assay')
await rm(out, { recursive: true, force: true })
await mkdir(out)
await buildCli()

say(`Building a small distroless-style image in ${out}/image, and a copy of it that was tampered with`)
const demo = await writeDemoImage(join(out, 'image'))
await writeTamperedImage(join(out, 'tampered'))

say(
  `Starting a Sigstore of our own on loopback: certificate authority, transparency log, timestamp authority`,
)
await using stack = new AsyncDisposableStack()
stack.use(await startSigstore(sigstore))

say('What is in the image?')
await assay(['inspect', image])

say('Sign it with a fresh key')
await assay(['keys', 'generate', '--output-key-prefix', key], { env: password })
await assay(['sign', '--key', `${key}.key`, ...services, image], { env: password })

say('Sign it keyless: a certificate for ten minutes, for whoever the identity token names')
await assay(['sign', '--identity-token', join(sigstore, 'identity_token'), ...services, image])

say('Attest its software bill of materials')
await writeFile(join(out, 'sbom.cdx.json'), sbomOf(demo.digest))
await assay(
  [
    'attest',
    '--key',
    `${key}.key`,
    '--type',
    'cyclonedx',
    '--predicate',
    `${out}/sbom.cdx.json`,
    ...services,
    image,
  ],
  { env: password },
)

say('Verify all of it, offline')
await assay(['verify', '--key', `${key}.pub`, ...trust, image])
await assay(['verify', ...identity, ...trust, image])
await assay(['verify', '--key', `${key}.pub`, '--type', 'cyclonedx', ...trust, image])

say('A gate: both signatures, the SBOM, and no shell inside')
await writeFile(join(out, 'policy.yaml'), policyFor(await readFile(`${key}.pub`, 'utf8')))
await assay(['gate', '--policy', `${out}/policy.yaml`, ...trust, image])

say('The same gate and the tampered copy: somebody added a layer and moved the tag')
await assay(['gate', '--policy', `${out}/policy.yaml`, ...trust, tampered], { exitCode: 1 })

say(
  `Done in ${((Date.now() - started) / 1000).toFixed(1)} s. Everything is in ${out}/: repeat any command above.`,
)
process.stdout.write(
  `Signing again needs the Sigstore: run "npx --yes pnpm@12 sigstore --dir ${sigstore}" in another terminal.\n`,
)
