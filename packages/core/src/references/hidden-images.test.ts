import { describe, expect, test } from 'vitest'
import { collectImageReferences } from './collect-image-references.ts'

const good = 'good.example/app:1'
const evil = 'evil.example/app:1'

function inDockerfile(text: string) {
  return collectImageReferences({ name: 'Dockerfile', text, kind: 'dockerfile' })
}

function inCompose(text: string) {
  return collectImageReferences({ name: 'compose.yaml', text, kind: 'compose' })
}

function service(more: string): string {
  return `services:\n  a: {image: ${good}, ${more}}\n`
}

describe('images that a Dockerfile hides', () => {
  test.each([
    ['a mount with keys in capitals', `FROM ${good}\nRUN --mount=type=bind,FROM=${evil},target=/x true\n`],
    ['a quoted field of a mount', `FROM ${good}\nRUN --mount=type=bind,"from=${evil}",target=/x true\n`],
    ['a CSV field in quotes', `FROM ${good}\nRUN --mount='type=bind,"from=${evil}",target=/x' true\n`],
    ['a mount in quotes', `FROM ${good}\nRUN --mount="type=bind,from=${evil},target=/x" true\n`],
    ['a mount in single quotes', `FROM ${good}\nRUN --mount='type=bind,from=${evil},target=/x' true\n`],
    ['an escaped letter in a mount', `FROM ${good}\nRUN --mount=type=bind,f\\rom=${evil},target=/x true\n`],
    ['a quoted value of --from', `FROM ${good}\nCOPY --from="${evil}" / /\n`],
    ['a quote inside of the flag', `FROM ${good}\nCOPY --fr"om=${evil}" / /\n`],
    ['an escape inside of the flag', `FROM ${good}\nCOPY --fr\\om=${evil} / /\n`],
    ['quotes before the dashes', `FROM ${good}\nCOPY "--from=${evil}" / /\n`],
    ['a flag behind others', `FROM ${good}\nCOPY --chown=1 --link --from=${evil} / /\n`],
    ['a mount of a child build', `FROM ${good}\nONBUILD RUN --mount=type=bind,from=${evil} true\n`],
    ['// syntax=', `// syntax=${evil}\nFROM ${good}\n`],
    ['a frontend behind #!', `#!/usr/bin/env x\n# syntax=${evil}\nFROM ${good}\n`],
    ['// syntax= behind #!', `#!/usr/bin/env x\n// syntax=${evil}\nFROM ${good}\n`],
  ])('%s', (_, text) => {
    const { images, problems } = inDockerfile(text)
    expect(problems).toEqual([])
    expect(images.map(({ reference }) => reference).toSorted()).toEqual([evil, good])
  })

  test('two FROM on one line', () => {
    expect(inDockerfile(`FROM ${good}\rFROM ${evil}\n`).problems).toHaveLength(1)
  })

  test('what an instruction is given is no flag', () => {
    const text = `FROM ${good}\nRUN x --from=${evil}\nCOPY -- --from=${evil} /\n`
    expect(inDockerfile(text).images).toHaveLength(1)
  })
})

describe('images that a compose file hides', () => {
  test.each([
    ['a volume', service(`volumes: [{type: image, source: ${evil}, target: /x}]`)],
    ['a hook', service(`pre_start: [{image: ${evil}, command: x}]`)],
    ['a model', `${service('x-a: b')}models: {m: {model: ${evil}}}\n`],
    ['an inline Dockerfile', service(`build: {context: ., dockerfile_inline: "FROM ${evil}"}`)],
    ['a named context', service(`build: {context: ., additional_contexts: {b: "docker-image://${evil}"}}`)],
    ['a listed context', service(`build: {context: ., additional_contexts: ["b=docker-image://${evil}"]}`)],
    ['a cache', service(`build: {context: ., cache_from: ["${evil}"]}`)],
    ['a cache by type', service(`build: {context: ., cache_from: ["type=registry,ref=${evil}"]}`)],
  ])('%s', (_, text) => {
    const { images, problems, unresolved } = inCompose(text)
    expect([problems, unresolved]).toEqual([[], []])
    expect(images.map(({ reference }) => reference).toSorted()).toEqual([evil, good])
  })

  test.each([
    ['an inline Dockerfile with arguments', 'build: {dockerfile_inline: "FROM x", args: {A: b}}'],
    ['a layout as a context', 'build: {context: ., additional_contexts: {b: "oci-layout://x"}}'],
    ['a context by variable', 'build: {context: ., additional_contexts: {b: "${X}"}}'],
    ['a cache that is no image', 'build: {context: ., cache_from: ["type=gha"]}'],
  ])('%s leaves it open', (_, more) => {
    expect(inCompose(service(more)).unresolved).toHaveLength(1)
  })
})
