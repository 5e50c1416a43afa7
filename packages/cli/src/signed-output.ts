import { redact } from '@assay/registry'
import {
  cosignSignPredicateType,
  predicateAlias,
  signatureDocument,
  type Proof,
  type SignedBlob,
  type SignedImage,
} from '@assay/core'
import type { Io } from './io.ts'
import type { SignaturePlace } from './options/signature-place.ts'
import { UsageError } from './usage-error.ts'
import { writeNamedFile } from './write-file.ts'
import { jsonText } from './json-text.ts'

/** The version of the JSON document that `sign` and `attest` print. */
const schema = 'assay.signed/v1'

export interface SignedOutput {
  /** The image that was asked for, by its digest. */
  readonly image: { readonly name: string; readonly root: { readonly digest: string } }
  readonly signed: readonly SignedImage[]
  readonly place: SignaturePlace
  readonly format: 'text' | 'json'
}

/** Writes the bundle file, where one is wanted, and says what was signed. It was verified before. */
export async function reportSigned(io: Io, output: SignedOutput): Promise<void> {
  const { signed, place } = output
  const bundles = signed.filter(({ form }) => form === 'bundle')
  if (place.bundleFile !== undefined) await writeNamedFile(place.bundleFile, onlyBundle(bundles).content)
  await io.writeOut(output.format === 'json' ? documentOf(output) : signed.map(textOf(output)).join(''))
}

function onlyBundle(bundles: readonly SignedImage[]): SignedImage {
  const [bundle, ...others] = bundles
  if (bundle !== undefined && others.length === 0) return bundle
  throw new UsageError('USAGE', 'one file holds one bundle', { got: `${bundles.length} bundles` })
}

function textOf(output: SignedOutput): (signed: SignedImage) => string {
  return (signed) => {
    const isSignature = signed.predicateType === cosignSignPredicateType
    return linesOf([
      `${isSignature ? 'SIGNED' : 'ATTESTED'} ${nameOf(output, signed)}`,
      ...(isSignature ? [] : [typeLine(signed.predicateType)]),
      ...proofLines(signed.proof),
      ...placesOf(output, signed),
    ])
  }
}

function linesOf(lines: readonly string[]): string {
  return `${lines.map(redact).join('\n')}\n`
}

function typeLine(predicateType: string): string {
  const alias = predicateAlias(predicateType)
  return `  type        ${alias === undefined ? '' : `${alias} `}${predicateType}`
}

/** Who signed, when, and where that is written down. */
function proofLines({ signer, times, logEntries }: Proof): readonly string[] {
  return [
    signer.kind === 'key'
      ? `  with key    ${signer.keyId}`
      : `  as          ${signer.identity.subject} (${signer.identity.issuer})`,
    ...times.map(({ at, by }) => `  at          ${at.toISOString()} (${by})`),
    ...logEntries.map(({ log, logIndex }) => `  logged      ${log} entry ${logIndex}`),
    ...(logEntries.length === 0 ? ['  logged      nowhere: verifiers need --insecure-ignore-tlog'] : []),
  ]
}

function placesOf({ place }: SignedOutput, { manifest, form }: SignedImage): readonly string[] {
  const tagged = form === 'legacy' ? ' (legacy tag)' : ''
  return [
    ...(manifest === undefined ? [] : [`  attached as ${manifest.digest}${tagged}`]),
    ...(place.bundleFile === undefined || form === 'legacy' ? [] : [`  written to  ${place.bundleFile}`]),
  ]
}

/** The same name for another digest: a platform of the image. */
function nameOf({ image }: SignedOutput, { subject }: SignedImage): string {
  return image.name.replace(image.root.digest, subject.digest)
}

/** The same for machines. */
function documentOf(output: SignedOutput): string {
  const { image, signed, place } = output
  const document = {
    schema,
    ok: true,
    image: image.name,
    ...(place.bundleFile !== undefined && { bundleFile: place.bundleFile }),
    signatures: signed.map((each) => ({
      subject: each.subject.digest,
      predicateType: each.predicateType,
      form: each.form,
      ...(each.manifest !== undefined && { manifest: each.manifest.digest }),
      signature: signatureDocument(each.proof),
    })),
  }
  return jsonText(document)
}

export interface BlobOutput {
  /** The file's name, or its digest. */
  readonly name: string
  readonly subject: string
  readonly signed: SignedBlob
  /** Where the bundle goes. */
  readonly file: string
  readonly format: 'text' | 'json'
}

/** Writes the bundle of a file and says what was signed. It was verified before. */
export async function reportBlob(io: Io, output: BlobOutput): Promise<void> {
  const { name, subject, signed, file, format } = output
  await writeNamedFile(file, signed.bundle)
  const { content } = signed.proof
  const predicateType = content.kind === 'statement' ? content.statement.predicateType : undefined
  if (format === 'text') {
    const text = linesOf([
      `${predicateType === undefined ? 'SIGNED' : 'ATTESTED'} ${name}`,
      `  digest      ${subject}`,
      ...(predicateType === undefined ? [] : [typeLine(predicateType)]),
      ...proofLines(signed.proof),
      `  written to  ${file}`,
    ])
    return io.writeOut(text)
  }
  const document = {
    schema: 'assay.signed-blob/v1',
    ok: true,
    file: name,
    subject,
    ...(predicateType !== undefined && { predicateType }),
    bundleFile: file,
    signature: signatureDocument(signed.proof),
  }
  return io.writeOut(jsonText(document))
}
