import type { Mutant } from './mutant.ts'

const policy = 'packages/core/src/policy'
const gate = 'packages/core/src/gate'
const scene = 'test/attacks/gate-hostile-policies.test.ts'
const fields = `${policy}/hostile-fields.test.ts`

/** What keeps names, trust roots and policies that are made to mislead from opening the gate. */
export const mutants: readonly Mutant[] = [
  {
    id: 'hostile-own-root-is-no-name',
    file: `${policy}/view.ts`,
    find: "if (signer.kind === 'keyless') roots.add(certifier)",
    replace: "if (signer.kind === 'keyless' && certifier !== undefined) roots.add(certifier)",
    test: scene,
  },
  {
    id: 'hostile-no-trust-for-times',
    file: `${policy}/view.ts`,
    find: "    time === 'not-needed'\n",
    replace: '    true\n',
    test: scene,
  },
  {
    id: 'hostile-program-not-run',
    file: `${policy}/evaluate-policy.ts`,
    find: "(asked !== undefined && asked.outcome.status !== 'met')",
    replace: "asked?.outcome.status !== 'met'",
    test: scene,
  },
  {
    id: 'hostile-unsure-match',
    file: `${policy}/evaluate.ts`,
    find: '!policies.some(vouches)',
    replace: 'policies.length === 0',
    test: scene,
  },
  {
    id: 'hostile-layout-name',
    file: `${policy}/image-names.ts`,
    find: 'pinned && byDigest.length > 0 ? byDigest : all',
    replace: 'all',
    test: scene,
  },
  {
    id: 'hostile-port',
    file: `${policy}/image-names.ts`,
    find: "written.replace(/:443$/, '')",
    replace: 'written',
    test: scene,
  },
  {
    id: 'hostile-digest-not-asked',
    file: `${gate}/facts.ts`,
    find: 'isOpen && digestMatters(set, names)',
    replace: 'false',
    test: scene,
  },
  {
    id: 'hostile-one-signer-twice',
    file: `${policy}/outcome.ts`,
    find: 'needed === 1 ? agreeing.length : distinctSigners(agreeing)',
    replace: 'agreeing.length',
    test: scene,
  },
  {
    id: 'hostile-any-log',
    file: `${policy}/check-proof.ts`,
    find: 'logFault(proof, authority) ??',
    replace: '',
    test: scene,
  },
  {
    id: 'hostile-key-shown',
    file: `${policy}/parse/parse-key.ts`,
    find: 'complainValue(slot, labelOf(block), read)',
    replace: 'complainValue(slot, block, read)',
    test: fields,
  },
  {
    id: 'hostile-empty-field',
    file: `${policy}/parse/slot.ts`,
    find: 'if (!blank.includes(name)) complainBlank(child(slot, entry, name))',
    replace: '',
    test: fields,
  },
  {
    id: 'hostile-same-repository',
    file: `${policy}/provenance-rule.ts`,
    find: 'isPinned && repository.toLowerCase() !== source.toLowerCase()',
    replace: 'isPinned',
    test: `${policy}/content-rules.test.ts`,
  },
  {
    id: 'hostile-mount-key',
    file: 'packages/core/src/references/builder-flags.ts',
    find: '.trim().toLowerCase() ===',
    replace: '.trim() ===',
    test: 'packages/core/src/references/hidden-images.test.ts',
  },
]
