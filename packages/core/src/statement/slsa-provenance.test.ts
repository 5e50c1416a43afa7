import { describe, expect, test } from 'vitest'
import { readProvenance } from './slsa-provenance.ts'
import type { Statement } from './statement.ts'

function statement(predicateType: string, predicate: unknown): Statement {
  return { type: 'https://in-toto.io/Statement/v1', subject: [], predicateType, predicate }
}

describe('SLSA provenance', () => {
  test('v1 of GitHub Actions: the commit is that of the source, wherever it stands among the materials', () => {
    const provenance = readProvenance(
      statement('https://slsa.dev/provenance/v1', {
        buildDefinition: {
          buildType: 'https://actions.github.io/buildtypes/workflow/v1',
          externalParameters: {
            workflow: { ref: 'refs/tags/v1', repository: 'https://github.com/a/b', path: 'x.yml' },
          },
          internalParameters: { github: { event_name: 'push' } },
          resolvedDependencies: [
            { uri: 'git+https://github.com/other/c@refs/heads/main', digest: { gitCommit: 'bad' } },
            { uri: 'git+https://github.com/a/b@refs/tags/v1', digest: { gitCommit: 'abc' } },
          ],
        },
        runDetails: {
          builder: { id: 'https://github.com/actions/runner/github-hosted' },
          metadata: { invocationId: 'i' },
        },
      }),
    )
    expect(provenance).toMatchObject({
      version: 'v1',
      builder: 'https://github.com/actions/runner/github-hosted',
      source: 'https://github.com/a/b',
      commit: 'abc',
      ref: 'refs/tags/v1',
      trigger: 'push',
      invocation: 'i',
    })
  })

  test('v0.2: source, commit and reference come from the configuration source', () => {
    const provenance = readProvenance(
      statement('https://slsa.dev/provenance/v0.2', {
        builder: { id: 'b' },
        buildType: 't',
        invocation: {
          configSource: {
            uri: 'git+https://github.com/a/b@refs/heads/main',
            digest: { sha1: 'abc' },
            entryPoint: 'e.yml',
          },
          environment: { github_event_name: 'workflow_dispatch' },
        },
        materials: [{ uri: 'git+https://github.com/x/y', digest: { sha1: 'bad' } }],
      }),
    )
    expect(provenance).toMatchObject({
      version: 'v0.2',
      source: 'https://github.com/a/b',
      commit: 'abc',
      ref: 'refs/heads/main',
      trigger: 'workflow_dispatch',
    })
  })

  test.each([null, 1, 'x', [], {}, { builder: null, materials: 'x', invocation: [], runDetails: 1 }])(
    'I-09: the predicate %j says nothing, and does not crash',
    (predicate) => {
      for (const version of ['v0.2', 'v1'])
        expect(readProvenance(statement(`https://slsa.dev/provenance/${version}`, predicate))).toMatchObject({
          materials: [],
        })
    },
  )

  test('other predicates are none', () => {
    expect(readProvenance(statement('https://slsa.dev/provenance/v1.1', {}))).toBe(undefined)
    expect(readProvenance(statement('https://spdx.dev/Document', {}))).toBe(undefined)
  })
})
