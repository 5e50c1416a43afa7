// The peer of `verify-cold`: the least that a script can do to check one bundle with @sigstore/verify.
import { readFileSync } from 'node:fs'
import { bundleFromJSON } from '@sigstore/bundle'
import { TrustedRoot } from '@sigstore/protobuf-specs'
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify'

const [bundleFile, rootFile, identity] = process.argv.slice(2)
const bundle = bundleFromJSON(JSON.parse(readFileSync(bundleFile, 'utf8')))
const trust = toTrustMaterial(TrustedRoot.fromJSON(JSON.parse(readFileSync(rootFile, 'utf8'))))
const signer = new Verifier(trust).verify(toSignedEntity(bundle), { subjectAlternativeName: identity })
process.stdout.write(`${signer.identity.subjectAlternativeName}\n`)
