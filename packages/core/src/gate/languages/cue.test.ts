import { afterAll, describe, expect, test } from 'vitest'
import { workerLanguages } from './worker-languages.ts'

describe('a CUE policy', () => {
  const languages = workerLanguages({ deadline: 4000 })
  afterAll(() => languages.close())

  const run = (text: string, input: unknown, semantics: 'compat' | 'strict' = 'strict') =>
    languages.run({ language: 'cue', text, semantics }, input)

  const time =
    'import "time"\n_before: time.Parse(time.RFC3339, "2049-10-09T17:10:27Z")\npredicate: at: <_before'

  test.each<[string, unknown, string]>([
    ['predicate: n: "a"', { predicate: { n: 'a' } }, 'true'],
    ['predicate: n: "a"', { predicate: { n: 'b' } }, 'false'],
    ['predicate: n: >=2 & <5', { predicate: { n: 3, more: [1] } }, 'true'],
    ['predicate: n: >=2 & <5', { predicate: { n: 5 } }, 'false'],
    [time, { predicate: { at: '2022-01-01T00:00:00Z' } }, 'true'],
    [time, { predicate: { at: '2050-01-01T00:00:00Z' } }, 'false'],
    ['import "list"\na: list.MinItems(1)', { a: [1] }, 'true'],
    ['import "list"\na: list.MinItems(1)', { a: [] }, 'false'],
    ['predicate: close({n: 1})', { predicate: { n: 1, m: 2 } }, 'false'],
    // Text that looks like CUE is text.
    ['predicate: n: string', { predicate: { n: '"} , n: 1 \\(x)' } }, 'true'],
  ])('%s over %j is %s', async (text, input, status) => {
    expect(await run(text, input)).toMatchObject({ status })
  })

  test('a field that the data lacks: refused, and passed with a remark as policy-controller does', async () => {
    for (const text of ['predicate: n: "a"', 'predicate: n: <5', 'predicate: m: n: string']) {
      expect(await run(text, { predicate: {} }), text).toMatchObject({
        status: 'false',
        message: expect.stringMatching(/lacks.*predicate\.(?:n|m)/),
      })
      expect(await run(text, { predicate: {} }, 'compat'), text).toMatchObject({
        status: 'true',
        remark: expect.stringMatching(/lacks.*predicate\.(?:n|m)/),
      })
    }
  })

  test.each(['predicate: ', 'a: nosuch.x', 'import "example.com/x"\na: x.y', 'a: 1\na: 2', '{'])(
    'that is none is undecided: %s',
    async (text) => {
      expect(await run(text, {})).toMatchObject({ status: 'undecided', code: 'PROGRAM_UNDECIDED' })
    },
  )

  test('that does not end is undecided at the deadline, and the next one is answered', async () => {
    const many = Array.from({ length: 40 }, (_, n) => n).join(', ')
    const loops = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => `for ${name} in [${many}] `).join('')
    const late = await run(`x: [${loops}{1}]`, {})
    expect(late).toMatchObject({ status: 'undecided', message: expect.stringContaining('4000 ms') })
    expect(await run('a: 1', { a: 1 })).toEqual({ status: 'true' })
  })
})
