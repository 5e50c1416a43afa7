import { describe, expect, test } from 'vitest'
import { collectImageReferences } from './collect-image-references.ts'

function collect(text: string, args: Readonly<Record<string, string>> = {}) {
  return collectImageReferences(
    { name: 'Dockerfile', text, kind: 'dockerfile' },
    { buildArgs: (name) => args[name] },
  )
}

function images(text: string, args: Readonly<Record<string, string>> = {}): readonly string[] {
  const found = collect(text, args)
  expect(found.problems).toEqual([])
  return found.images.map(({ reference, place }) => `${place.line} ${reference}`)
}

describe('images of a Dockerfile', () => {
  test('stages, scratch, sources and mounts', () => {
    const text = `# syntax=docker/dockerfile:1
FROM --platform=$BUILDPLATFORM golang:1.26 AS build
RUN --mount=type=cache,target=/x --mount=type=bind,from=tools:1,target=/t go build
FROM scratch AS empty
from Build
COPY --from=build /a /a
COPY --from=0 /a /a
COPY --chown=1 --from=busybox:1 /b /b
COPY --from=later /b /b
ONBUILD COPY --from=child:1 /c /c
FROM debian:13 AS later
`
    expect(images(text)).toEqual([
      '1 docker/dockerfile:1',
      '2 golang:1.26',
      '3 tools:1',
      '8 busybox:1',
      '9 later',
      '10 child:1',
      '11 debian:13',
    ])
  })

  test('arguments: defaults, those of the command line, and none', () => {
    const text = 'ARG TAG=1 BASE=app\nARG IMAGE="${BASE}:${TAG}"\nFROM ${IMAGE}\nFROM $BASE:${TAG:-9}\n'
    expect(images(text)).toEqual(['3 app:1', '4 app:1'])
    expect(images(text, { IMAGE: 'other:2' })).toEqual(['3 other:2', '4 app:1'])
    expect(collect('ARG TAG\nFROM app:$TAG\n')).toMatchObject({
      images: [],
      unresolved: [{ text: 'app:$TAG', place: { line: 2 } }],
    })
    // An argument of a stage is none of the FROM lines.
    expect(collect('FROM a:1\nARG TAG=2\nFROM b:$TAG\n').unresolved).toHaveLength(1)
  })

  test('continued lines, comments in between, another escape character', () => {
    expect(images('FROM \\\n# a comment\n\n  app:1 \\\n  AS x\nRUN a \\\n FROM no\n')).toEqual(['1 app:1'])
    expect(images('# escape=`\nFROM `\n  app:1\nRUN dir c:\\\nFROM b:2\n')).toEqual(['2 app:1', '5 b:2'])
  })

  test('here-documents hold no instructions, and a FROM in one is told', () => {
    const text = 'FROM a:1\nRUN <<EOF cat && <<-"X" cat\nFROM no:1\nEOF\n\tX\nCOPY "<<NOT" /x\nFROM b:1\n'
    const found = collect(text)
    expect(found.images.map(({ reference }) => reference)).toEqual(['a:1', 'b:1'])
    expect(found.remarks).toMatchObject([{ place: { line: 3 } }])
    expect(collect('FROM a:1\nRUN <<EOF\nFROM b:1\n').problems).toMatchObject([{ place: { line: 2 } }])
  })

  test.each([
    ['no FROM', 'RUN x\n'],
    ['an empty file', ''],
    ['no image', 'FROM\n'],
    ['no reference', 'FROM A:b:c\n'],
  ])('%s is a problem', (_, text) => {
    expect(collect(text).problems.length).toBeGreaterThan(0)
  })
})
