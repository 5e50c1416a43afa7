import { describe, expect, test } from 'vitest'
import { parsePolicyFiles } from './parse-policy-files.ts'

function own(spec: string): string {
  return `apiVersion: assay.dev/v1alpha1\nkind: GateConfig\nmetadata: {name: g}\nspec: ${spec}`
}

function cluster(data: string): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: config-policy-controller, namespace: cosign-system}\ndata: ${data}`
}

function read(...texts: readonly string[]): ReturnType<typeof parsePolicyFiles> {
  return parsePolicyFiles(texts.map((text, index) => ({ name: `${index}.yaml`, text })))
}

const policy = (spec: string, version = 'policy.sigstore.dev/v1beta1'): string =>
  `apiVersion: ${version}\nkind: ClusterImagePolicy\nmetadata: {name: p}\nspec: {images: [{glob: '**'}], ${spec}}`
const unanchored = 'authorities: [{keyless: {identities: [{issuer: i, subjectRegExp: acme}]}}]'

describe('a GateConfig', () => {
  test('has all its fields', () => {
    const text = own(
      '{noMatch: warn, platforms: all, onError: allow, deadline: 5s, semantics: strict, breakGlass: {annotation: acme.example/why, allowedUsers: [ada]}, resources: [{kind: App, group: example.com, imagePaths: ["spec.parts[*].image", image]}], mirrors: [{from: docker.io/team, to: m.example/hub}], cache: {enabled: false, directory: /var/cache/gate, maxAge: 2m}}',
    )
    expect(read(text)).toMatchObject({
      problems: [],
      configs: [
        {
          config: {
            noMatch: 'warn',
            platforms: 'all',
            onError: 'allow',
            deadline: 5000,
            semantics: 'strict',
            breakGlass: { annotation: 'acme.example/why', allowedUsers: ['ada'] },
            resources: ['App.example.com=spec.parts[*].image', 'App.example.com=image'],
            mirrors: [{ from: 'docker.io/team', to: 'm.example/hub' }],
            cache: { enabled: false, directory: '/var/cache/gate', maxAge: 120_000 },
          },
        },
      ],
    })
  })

  test.each([
    ['{noMatch: perhaps}', 'spec.noMatch'],
    ['{mutate: pods}', 'spec.mutate'],
    ['{credentials: {}}', 'spec.credentials'],
    ['{mirrors: [{from: docker.io}]}', 'spec.mirrors[0]'],
    ['{mirrors: [{from: library, to: a.example}]}', 'spec.mirrors[0]'],
    ['{cache: {directory: here}}', 'spec.cache.directory'],
    ['{cache: {maxAge: 11m}}', 'spec.cache.maxAge'],
    ['{cache: {enabled: perhaps}}', 'spec.cache.enabled'],
    ['{breakGlass: {annotation: a}}', 'spec.breakGlass'],
    ['{breakGlass: {annotation: "a b", allowedUsers: [x]}}', 'spec.breakGlass.annotation'],
    ['{deadline: soon}', 'spec.deadline'],
    ['{resources: [{kind: App}]}', 'spec.resources[0]'],
    ['{resources: [{kind: App, imagePaths: ["a b"]}]}', 'spec.resources[0].imagePaths[0]'],
    ['{resources: [{kind: app, imagePaths: [a]}]}', 'spec.resources[0].imagePaths[0]'],
  ])('%s is wrong at %s', (spec, path) => {
    const { problems, configs } = read(own(spec))
    expect(problems.map((problem) => problem.path)).toEqual([path])
    expect(configs).toEqual([])
  })

  test('is the only one', () => {
    expect(read(own('{noMatch: deny}'), cluster('{}')).problems).toMatchObject([
      { code: 'CONFLICTING_FIELDS' },
    ])
  })

  test('has policies of either kind read strictly, or as policy-controller does', () => {
    const anchored = (...texts: readonly string[]): unknown => {
      const [authority] = read(...texts).policies[0]?.authorities ?? []
      const subject =
        authority?.kind === 'signed' && authority.signer.kind === 'keyless'
          ? authority.signer.identities[0].subject
          : undefined
      return subject?.kind === 'regexp' ? subject.anchored : undefined
    }
    const mine = policy(unanchored, 'assay.dev/v1alpha1')
    expect([anchored(policy(unanchored)), anchored(mine)]).toEqual([false, true])
    expect(anchored(policy(unanchored), own('{semantics: strict}'))).toBe(true)
    expect(anchored(mine, own('{semantics: compat}'))).toBe(false)
    expect(read(mine, own('{semantics: compat}')).warnings.map(({ code }) => code)).toContain(
      'WEAKER_SEMANTICS',
    )
  })
})

describe('the ConfigMap of policy-controller', () => {
  test.each([
    ['{}', 'deny'],
    ['{no-match-policy: allow}', 'allow'],
    ['{no-match-policy: warn, _example: "text"}', 'warn'],
    ['{no-match-policy: perhaps}', 'deny'],
    ['{enable-oci11: "true"}', 'deny'],
  ])('%s: no match is %s', (data, noMatch) => {
    expect(read(cluster(data))).toMatchObject({ problems: [], configs: [{ config: { noMatch } }] })
  })

  test('can have policies without authorities accepted, which are never met', () => {
    const empty = policy('authorities: []')
    expect(read(empty).problems).toHaveLength(1)
    expect(read(empty, cluster('{fail-on-empty-authorities: "true"}')).problems).toHaveLength(1)
    expect(read(empty, cluster('{fail-on-empty-authorities: "false"}')).problems).toEqual([])
    expect(
      read(policy('authorities: []', 'assay.dev/v1alpha1'), cluster('{fail-on-empty-authorities: "0"}'))
        .problems,
    ).toHaveLength(1)
    expect(read(cluster('{fail-on-empty-authorities: perhaps}')).problems).toMatchObject([
      { path: 'data.fail-on-empty-authorities' },
    ])
  })

  test('is the only ConfigMap that is read for settings', () => {
    expect(read(cluster('{}').replace('config-policy-controller', 'other')).problems).toMatchObject([
      { code: 'UNKNOWN_KIND' },
    ])
  })
})
