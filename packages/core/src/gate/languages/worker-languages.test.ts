import { afterAll, describe, expect, test } from 'vitest'
import { workerLanguages } from './worker-languages.ts'

/** Counts to 60^6, which takes CEL hours. */
const list = `[${Array.from({ length: 60 }, (_, index) => index).join(', ')}]`
const endless = `${['a', 'b', 'c', 'd', 'e', 'f'].map((name) => `${list}.all(${name}, `).join('')}true${')'.repeat(6)}`

describe('programs in a worker', () => {
  const languages = workerLanguages({ deadline: 1000 })
  afterAll(() => languages.close())

  const run = (text: string, input: unknown = {}) =>
    languages.run({ language: 'cel', text, semantics: 'strict' }, input)

  test('answer, many at a time, each its own question', async () => {
    const answers = await Promise.all([1, 2, 3, 4].map((n) => run(`n == ${n % 2 === 0 ? n : 0}`, { n })))
    expect(answers.map(({ status }) => status)).toEqual(['false', 'true', 'false', 'true'])
  })

  test('that do not end are undecided at the deadline, and the next one is answered', async () => {
    const started = performance.now()
    const [late, next] = await Promise.all([run(endless), run('true')])
    expect(late).toMatchObject({
      status: 'undecided',
      code: 'PROGRAM_UNDECIDED',
      message: expect.stringContaining('1000 ms'),
    })
    expect(next).toEqual({ status: 'true' })
    expect(performance.now() - started).toBeLessThan(5000)
  })

  test('in a language that is not there are undecided', async () => {
    const answer = await languages.run(
      { language: 'rego', text: 'package sigstore', semantics: 'strict' },
      {},
    )
    expect(answer).toMatchObject({ status: 'undecided', code: 'LANGUAGE_UNAVAILABLE' })
  })
})
