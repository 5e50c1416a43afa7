import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A certificate and its key, both PEM. */
export interface KeyPair {
  readonly certificate: string
  readonly key: string
}

export interface TestCa {
  readonly certificate: string
  /** Signs a certificate for a server of these names (`DNS:…`, `IP:…`) or, without names, for a client. */
  issue(names?: string): KeyPair
}

/** A CA that lives for one test, made by the `openssl` program. */
export function testCa(): TestCa {
  const directory = mkdtempSync(join(tmpdir(), 'assay-ca-'))
  const run = (...args: readonly string[]): void => {
    execFileSync('openssl', args, { cwd: directory, stdio: 'ignore' })
  }
  const read = (name: string): string => readFileSync(join(directory, name), 'utf8')
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  try {
    run('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=test CA')
    const ca = { certificate: read('ca.pem'), key: read('ca.key') }
    return { certificate: ca.certificate, issue: (names) => issue(ca, names) }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

function issue(ca: KeyPair, names: string | undefined): KeyPair {
  const directory = mkdtempSync(join(tmpdir(), 'assay-ca-'))
  const run = (...args: readonly string[]): void => {
    execFileSync('openssl', args, { cwd: directory, stdio: 'ignore' })
  }
  try {
    writeFileSync(join(directory, 'ca.pem'), ca.certificate)
    writeFileSync(join(directory, 'ca.key'), ca.key, { mode: 0o600 })
    const use = names === undefined ? 'extendedKeyUsage=clientAuth' : `subjectAltName=${names}`
    writeFileSync(join(directory, 'extensions'), `${use}\n`)
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
    run('req', '-new', ...key, '-keyout', 'leaf.key', '-out', 'leaf.csr', '-subj', '/CN=test')
    const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'extensions']
    run('x509', '-req', '-in', 'leaf.csr', ...by, '-out', 'leaf.pem', '-days', '2')
    return {
      certificate: readFileSync(join(directory, 'leaf.pem'), 'utf8'),
      key: readFileSync(join(directory, 'leaf.key'), 'utf8'),
    }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
