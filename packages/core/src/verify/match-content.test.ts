import { madeUpProof } from '@assay/test-support/proofs'
import { describe, expect, test } from 'vitest'
import { cosignSignPredicateType } from '../statement/statement.ts'
import { matchContent, type ContentDemand } from './match-content.ts'
import type { Proof } from './proof.ts'

const signature = madeUpProof({ predicateType: cosignSignPredicateType })
const legacy = madeUpProof()
const provenance = madeUpProof({ predicateType: 'https://slsa.dev/provenance/v1' })
const file: Proof = { ...legacy, content: { kind: 'blob' } }

const proofs = { signature, legacy, provenance, file }
const demands: Readonly<Record<string, ContentDemand>> = {
  signature: { kind: 'signature' },
  file: { kind: 'blob' },
  provenance: { kind: 'attestation', predicateType: 'https://slsa.dev/provenance/v1' },
  signatureAsAttestation: { kind: 'attestation', predicateType: cosignSignPredicateType },
}

describe('A-39, A-41: what was signed is what is demanded, and nothing else', () => {
  test.each([
    ['signature', ['signature', 'legacy']],
    ['file', ['file']],
    ['provenance', ['provenance']],
    ['signatureAsAttestation', ['signature']],
  ] as const)('%s', (demanded, meeting) => {
    const demand = demands[demanded] ?? { kind: 'blob' }
    const met = Object.entries(proofs).filter(([, proof]) => matchContent(proof, demand) === undefined)
    expect(met.map(([name]) => name)).toEqual(meeting)
    const refused = Object.values(proofs).flatMap((proof) => matchContent(proof, demand)?.code ?? [])
    expect(new Set(refused)).toEqual(new Set(['PREDICATE_TYPE_MISMATCH']))
  })
})
