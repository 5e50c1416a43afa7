import {
  collectImageReferences,
  parseImagePath,
  type CollectOptions,
  type FoundReferences,
  type ReferenceFile,
  type ReferenceRemark,
} from '@assay/core'
import { redact } from '@assay/registry'
import type { OptionGroup, RawOptions } from '../define-command.ts'
import type { Io } from '../io.ts'
import { UsageError } from '../usage-error.ts'
import { repeatedFlag } from './flag.ts'
import { configOf } from './policies.ts'
import { textsOf } from './raw.ts'

/** A file of the command line, and the images that it names. */
export interface ReferenceSource {
  readonly found: FoundReferences
  /** The file to write digests into; undefined where a program made the text. */
  readonly file: { readonly path: string; readonly text: string } | undefined
}

/** The files of a run whose images are wanted; read without a problem. */
export type ReferenceSources = readonly ReferenceSource[]

/** `-f`, `--dockerfile`, `--compose`, `--helm`, `--kustomize` and what helps to read them. */
export const referenceSourceOptions: OptionGroup<ReferenceSources> = {
  flags: () => [
    repeatedFlag(
      '-f, --filename <path>',
      'a file, or a folder of files: manifests, compose files, workflows',
    ),
    repeatedFlag('--dockerfile <file>', 'the images that this Dockerfile builds on'),
    repeatedFlag(
      '--compose <file>',
      'the images of this compose file; variables from the environment and .env',
    ),
    repeatedFlag('--helm <chart>', 'what "helm template" makes of a chart'),
    repeatedFlag('--kustomize <dir>', 'what "kustomize build" makes of a folder'),
    repeatedFlag('--build-arg <name=value>', 'an argument of the Dockerfiles'),
    repeatedFlag('--image-path <kind=path>', 'where a custom resource names images, like App=spec.image'),
  ],
  parse: async (raw, io) => {
    const options = collectOptions(raw, (await configOf(raw)).resources)
    const files = await import('../reference-files.ts')
    const read = [
      ...(await files.manifestFiles(textsOf(raw, 'filename'))),
      ...(await files.namedFiles(textsOf(raw, 'dockerfile'), 'dockerfile')),
      ...(await files.namedFiles(textsOf(raw, 'compose'), 'compose')),
      ...(await files.rendered('helm', textsOf(raw, 'helm'), io)),
      ...(await files.rendered('kustomize', textsOf(raw, 'kustomize'), io)),
    ]
    const sources = await Promise.all(
      read.map(async ({ file, source }): Promise<ReferenceSource> => {
        const variables = await files.composeVariables(source.name, io)
        const found = collectImageReferences(source, { ...options, variables })
        return { found, file: file ? { path: source.name, text: source.text } : undefined }
      }),
    )
    await report(sources, io)
    return sources
  },
}

/** A text to look for images in; `file` says whether it is what the file of its name holds. */
export interface ReadFile {
  readonly file: boolean
  readonly source: ReferenceFile
}

function collectOptions(raw: RawOptions, configured: readonly string[]): CollectOptions {
  const imagePaths = [...configured, ...textsOf(raw, 'imagePath')].map((text) => {
    const path = parseImagePath(text)
    if (path !== undefined) return path
    throw new UsageError('USAGE', '--image-path is malformed', {
      expected: 'KIND[.GROUP]=PATH, like App=spec.image or App.example.com=spec.parts[*].image',
      got: text,
    })
  })
  const buildArgs = new Map(
    textsOf(raw, 'buildArg').map((text) => {
      const [, name, value] = /^([A-Za-z_]\w*)=(.*)$/s.exec(text) ?? []
      if (name !== undefined && value !== undefined) return [name, value] as const
      throw new UsageError('USAGE', '--build-arg is malformed', { expected: 'NAME=VALUE', got: text })
    }),
  )
  return { imagePaths, buildArgs: (name) => buildArgs.get(name) }
}

/** All that cannot be read at once, then no answer: a gate does not look at half of the files. */
async function report(sources: ReferenceSources, io: Io): Promise<void> {
  for (const remark of sources.flatMap(({ found }) => found.remarks))
    await io.writeErr(`note: ${redact(describe(remark))}\n`)
  const problems = sources.flatMap(({ found }) => found.problems)
  const [first, ...others] = problems
  if (first === undefined) return
  for (const problem of others) await io.writeErr(`problem: ${redact(describe(problem))}\n`)
  const got = others.length === 0 ? {} : { got: `${problems.length} problems, the others above` }
  throw new UsageError('UNREADABLE_FILE', describe(first), got)
}

function describe({ place, message }: ReferenceRemark): string {
  const path = place.path === '' ? '' : `${place.path}: `
  return `${place.file}:${place.line}:${place.column}: ${path}${message}`
}
