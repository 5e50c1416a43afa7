import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { distributionConformance } from '../support/interop-tools.ts'
import { testRegistry } from '../support/registry.ts'

const run = promisify(execFile)

// The fake must not be kinder than real registries: the specification's own suite judges it.
test.skipIf(distributionConformance === undefined)(
  'the registry of these tests passes the conformance suite of the distribution specification',
  { timeout: 120_000 },
  async () => {
    const results = await mkdtemp(join(tmpdir(), 'assay-conformance-'))
    const served = await testRegistry().serve()
    onTestFinished(async () => {
      await served.close()
      await rm(results, { recursive: true, force: true })
    })
    const { stdout } = await run(distributionConformance ?? '', [], {
      env: { OCI_REGISTRY: served.host, OCI_TLS: 'disabled', OCI_RESULTS_DIR: results, OCI_LOG: 'error' },
      maxBuffer: 16 * 1024 * 1024,
    })
    const count = (name: string): number =>
      Number(new RegExp(`^ {2}${name}\\.+: +([0-9]+)$`, 'm').exec(stdout)?.[1])
    process.stdout.write(`distribution-spec conformance: ${count('Pass')} of ${count('Total')} passed\n`)
    expect({ failed: count('FAIL'), errors: count('Error') }).toEqual({ failed: 0, errors: 0 })
    expect(count('Pass')).toBeGreaterThan(800)
  },
)
