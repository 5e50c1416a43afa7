import { digestOf } from '@assay/registry'
import { describe, expect, test } from 'vitest'
import { collectImageReferences, type ReferenceFile } from './collect-image-references.ts'
import { pinReferences, type Pinned } from './pin.ts'

const digest = digestOf(new TextEncoder().encode('image'))

function pin(text: string, kind: ReferenceFile['kind'] = 'manifest'): Pinned {
  const { images } = collectImageReferences({ name: 'f', text, kind })
  const pins = images.flatMap(({ span, reference }) =>
    span === undefined ? [] : [{ span, reference, digest }],
  )
  return pinReferences(text, pins)
}

describe('pinning', () => {
  test('adds digests in place, and changes nothing else', () => {
    const text = `# a comment
apiVersion: v1
kind:   Pod
spec:
  containers:
  - image:   app:1   # keep
  - {image: "quoted:1", name: 'x'}
  - image: &a 'single:1'
  - image: *a
  - image: other:1@${digest}
`
    expect(pin(text)).toEqual({
      count: 3,
      left: [],
      text: text
        .replace('app:1', `app:1@${digest}`)
        .replace('quoted:1', `quoted:1@${digest}`)
        .replace('single:1', `single:1@${digest}`),
    })
    expect(pin(pin(text).text).count).toBe(0)
  })

  test('works in Dockerfiles and workflows, with any line end', () => {
    expect(pin('FROM  app:1   AS x\r\nCOPY --from=x . .\r\n', 'dockerfile').text).toBe(
      `FROM  app:1@${digest}   AS x\r\nCOPY --from=x . .\r\n`,
    )
    expect(pin('jobs:\n  a:\n    steps: [{uses: "docker://app:1"}]\n').text).toBe(
      'jobs:\n  a:\n    steps: [{uses: "docker://app:1"}]\n',
    )
    expect(pin('jobs:\n  a:\n    steps:\n    - uses: docker://app:1\n').text).toContain(
      `docker://app:1@${digest}\n`,
    )
  })

  test('leaves alone what is written with escapes, and says so', () => {
    const text = 'apiVersion: v1\nkind: Pod\nspec: {containers: [{image: "a\\x70p:1"}]}\n'
    expect(pin(text)).toEqual({ text, count: 0, left: ['app:1'] })
  })
})
