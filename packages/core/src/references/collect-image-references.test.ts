import { array, assert, constantFrom, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { collectImageReferences, type CollectOptions } from './collect-image-references.ts'
import { parseImagePath } from './image-path.ts'

function collect(text: string, options: CollectOptions = {}, kind: 'manifest' | 'compose' = 'manifest') {
  return collectImageReferences({ name: 'f.yaml', text, kind }, options)
}

/** `line:column reference`, for each image. */
function placed(text: string, options: CollectOptions = {}): readonly string[] {
  const found = collect(text, options)
  expect(found.problems).toEqual([])
  return found.images.map(({ reference, place }) => `${place.line}:${place.column} ${reference}`)
}

/** A pod of one container, in flow style. */
function pod(image: string): string {
  return `{containers: [{image: ${image}}]}`
}

function variables(name: string): string | undefined {
  return new Map([
    ['TAG', '2'],
    ['EMPTY', ''],
  ]).get(name)
}

const podSpec = `
      initContainers:
      - {name: i, image: init:1}
      containers:
      - name: a
        image: "app:1" # why
      ephemeralContainers: [{name: e, image: debug:1}]
      volumes:
      - {name: v, image: {reference: data:1}}
      - {name: w, configMap: {name: c}}
`

function referencesOf(text: string, ...paths: readonly string[]): readonly string[] {
  const imagePaths = paths.flatMap((path) => parseImagePath(path) ?? [])
  return collect(text, { imagePaths }).images.map(({ reference }) => reference)
}

describe('images of Kubernetes manifests', () => {
  test.each(['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job', 'ReplicationController'])(
    'every container and image volume of a %s',
    (kind) => {
      const text = `apiVersion: apps/v1\nkind: ${kind}\nmetadata: {name: x, labels: {tier: prod}}\nspec:\n  template:\n    spec:${podSpec}`
      expect(placed(text)).toEqual(['8:26 init:1', '11:16 app:1', '12:46 debug:1', '14:38 data:1'])
      expect(collect(text).images[0]).toMatchObject({
        place: { path: 'spec.template.spec.initContainers[0].image' },
        object: { group: 'apps', version: 'v1', kind, labels: { tier: 'prod' } },
      })
    },
  )

  test('Pod, PodTemplate, CronJob and lists of them', () => {
    const text = `apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Pod, spec: ${pod('pod:1')}}
- {apiVersion: v1, kind: PodTemplate, template: {spec: ${pod('template:1')}}}
- apiVersion: batch/v1
  kind: CronJob
  spec: {jobTemplate: {spec: {template: {spec: ${pod('cron:1')}}}}}
---
{"apiVersion": "v1", "kind": "PodList", "items": [{"kind": "Pod", "apiVersion": "v1", "spec": {"containers": [{"image": "json:1"}]}}]}
`
    expect(placed(text).map((line) => line.split(' ')[1])).toEqual([
      'pod:1',
      'template:1',
      'cron:1',
      'json:1',
    ])
  })

  test('a custom resource that is called a list, and has more than items', () => {
    const text = `apiVersion: x.example/v1\nkind: AllowList\nitems: []\nspec: {template: {spec: ${pod('hidden:1')}}}\n`
    expect(collect(text).images.map(({ reference }) => reference)).toEqual(['hidden:1'])
  })

  test('configured paths below the items of a custom list', () => {
    const text = `apiVersion: x.example/v1\nkind: MirrorList\nitems: [{image: one:1}, {image: two:1}]\n`
    expect(referencesOf(text, 'MirrorList=items[*].image')).toEqual(['one:1', 'two:1'])
    expect(collect(text).remarks.map(({ message }) => /--image-path (\S+)/.exec(message)?.[1])).toEqual([
      'MirrorList=items[*].image',
      'MirrorList=items[*].image',
    ])
  })

  test('the objects of a typed list, which need not say what they are', () => {
    const items = `items: [{metadata: {name: a}, spec: {image: app:1, template: {spec: ${pod('pod:1')}}}}]`
    const apps = `apiVersion: x.example/v1\nkind: AppList\n${items}\n`
    expect(referencesOf(apps, 'App.x.example=spec.image')).toEqual(['app:1', 'pod:1'])
    const deployments = `apiVersion: apps/v1\nkind: DeploymentList\n${items}\n`
    expect(collect(deployments).images).toMatchObject([
      { reference: 'pod:1', object: { group: 'apps', version: 'v1', kind: 'Deployment' } },
    ])
  })

  test('an image that a list and its object both lead to is taken once', () => {
    const text = `apiVersion: v1\nkind: AppList\nitems: [{apiVersion: v1, kind: App, spec: {image: one:1}}]\n`
    expect(referencesOf(text, 'AppList=items[*].spec.image', 'App=spec.image')).toEqual(['one:1'])
    expect(collect(text).remarks).toHaveLength(1)
  })

  test('a kind of another group that is called as one of Kubernetes', () => {
    const text = `apiVersion: batch.volcano.sh/v1alpha1\nkind: Job\nspec: {tasks: [{template: {spec: ${pod('task:1')}}}]}\n`
    expect([referencesOf(text), collect(text).problems]).toEqual([['task:1'], []])
  })

  test('custom resources: what has the form of a pod, and the configured paths', () => {
    const text = `apiVersion: x.example/v1
kind: App
spec:
  runtime: {image: plain:1}
  parts: [{image: part:1}, {image: part:2}]
  template: {spec: {containers: [{image: pod:1}]}}
`
    const found = collect(text)
    expect(found.images.map(({ reference }) => reference)).toEqual(['pod:1'])
    expect(found.remarks.map(({ message }) => /--image-path (\S+)/.exec(message)?.[1])).toEqual([
      'App=spec.runtime.image',
      'App=spec.parts[*].image',
      'App=spec.parts[*].image',
    ])
    const paths = ['App=spec.runtime.image', 'App.x.example=spec.parts[*].image', 'App.y.example=spec.other']
    const imagePaths = paths.map(parseImagePath).filter((path) => path !== undefined)
    expect(imagePaths).toHaveLength(3)
    const configured = collect(text, { imagePaths })
    expect(configured.images.map(({ reference }) => reference)).toEqual([
      'plain:1',
      'part:1',
      'part:2',
      'pod:1',
    ])
    expect(configured.remarks).toEqual([])
    expect(parseImagePath('app')).toBeUndefined()
    expect(parseImagePath('App=spec.x[0]')).toBeUndefined()
  })

  test('an alias and a merged mapping name their image where it is written', () => {
    const text = `apiVersion: v1
kind: Pod
spec:
  containers:
  - &base {image: base:1, name: a}
  - {<<: *base, name: b}
  - {<<: *base, image: own:1}
`
    expect(placed(text)).toEqual(['5:19 base:1', '5:19 base:1', '7:24 own:1'])
  })

  test('what is called oci:x in a manifest is Docker Hub’s image, no directory', () => {
    expect(placed('apiVersion: v1\nkind: Pod\nspec: {containers: [{image: "oci:x"}]}')).toEqual([
      '3:29 docker.io/library/oci:x',
    ])
  })

  test.each<[string, string]>([
    ['a container without an image', 'apiVersion: v1\nkind: Pod\nspec: {containers: [{name: a}]}'],
    ['an image that is no text', 'apiVersion: v1\nkind: Pod\nspec: {containers: [{image: 1}]}'],
    ['an image that is none', 'apiVersion: v1\nkind: Pod\nspec: {containers: [{image: "--x"}]}'],
    ['a template', 'apiVersion: v1\nkind: Pod\nspec: {{ .Values.spec }}'],
    ['a Deployment without pods', 'apiVersion: apps/v1\nkind: Deployment\nspec: {}'],
    ['two images in one container', 'apiVersion: v1\nkind: Pod\nspec: {containers: [{image: a, image: b}]}'],
  ])('%s is a problem', (_, text) => {
    const { problems, images } = collect(text)
    expect(problems.length).toBeGreaterThan(0)
    expect(images).toEqual([])
  })

  test('whatever it is, it is answered', () => {
    const part = constantFrom(
      'apiVersion: v1\n',
      'kind: Pod\n',
      'spec:\n',
      '  ',
      '- ',
      'image: a\n',
      '{',
      '}',
      '[',
      ']',
      ': ',
      '*a',
      '&a ',
      '<<: ',
      'containers:\n',
      '---\n',
      '\t',
      '"',
    )
    assert(
      property(array(part, { maxLength: 30 }), (parts) => {
        const { images, problems } = collect(parts.join(''))
        expect(images.length + problems.length).toBeLessThan(1000)
      }),
      { numRuns: 500 },
    )
  })
})

describe('images of GitHub workflows and actions', () => {
  test('containers, services and docker:// steps', () => {
    const text = `on: push
jobs:
  a:
    container: node:24
    services: {db: {image: postgres:18}}
    steps:
    - uses: actions/checkout@v5
    - uses: docker://alpine:3
  b:
    container: {image: 'go:1'}
`
    expect(placed(text)).toEqual(['4:16 node:24', '5:28 postgres:18', '8:13 alpine:3', '10:24 go:1'])
    expect(placed('runs: {using: docker, image: "docker://alpine:3"}')).toEqual(['1:30 alpine:3'])
    expect(collect('runs: {using: docker, image: Dockerfile}').remarks).toHaveLength(1)
  })

  test('an expression is unresolved', () => {
    const found = collect('jobs: {a: {container: "node:${{ matrix.node }}"}}')
    expect(found).toMatchObject({ images: [], unresolved: [{ place: { path: 'jobs.a.container' } }] })
  })
})

describe('images of compose files', () => {
  test.each<[string, string]>([
    ['app:1', 'app:1'],
    ['app:$TAG', 'app:2'],
    ['app:${TAG}', 'app:2'],
    ['app:${NONE:-3}', 'app:3'],
    ['app:${EMPTY:-3}', 'app:3'],
    ['app:1${EMPTY-3}', 'app:1'],
    ['app:${TAG:+4}', 'app:4'],
    ['app:1${NONE:+4}', 'app:1'],
  ])('%s is %s', (text, reference) => {
    expect(collect(`services: {a: {image: '${text}'}}`, { variables }).images).toMatchObject([{ reference }])
  })

  test.each(['app:$NONE', 'app:${NONE}', 'app:${NONE:?no}', 'app:${NONE:-$TAG}', 'app:${', 'app:${TAG#x}'])(
    '%s is unresolved',
    (text) => {
      const found = collect(`services: {a: {image: '${text}'}}`, { variables })
      expect(found).toMatchObject({ images: [], unresolved: [{ text }] })
    },
  )

  test('what is built, and what stands in other files, is said', () => {
    const found = collect(
      'include: [other.yaml]\nservices:\n  a: {build: ., image: maybe:1}\n  b: {build: ., image: built, pull_policy: build}\n  c: {extends: {file: f, service: s}}\n',
      {},
      'compose',
    )
    expect(found.images.map(({ reference }) => reference)).toEqual(['maybe:1'])
    expect(found.remarks).toHaveLength(2)
    expect(found.unresolved.map(({ place }) => place.path)).toEqual(['include', 'services.c.extends'])
  })

  test('another file is a problem where a compose file was meant', () => {
    expect(collect('a: 1', {}, 'compose').problems).toHaveLength(1)
  })
})
