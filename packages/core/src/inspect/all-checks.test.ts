import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { allChecks } from './all-checks.ts'

test('docs/inspect.md explains every rule, and none that is not there', () => {
  const text = readFileSync(resolve(import.meta.dirname, '../../../../docs/inspect.md'), 'utf8')
  const rules = text.slice(text.indexOf('## Rules'), text.indexOf('## How often it is wrong'))
  const sections = rules.split('### ').slice(1)
  expect(sections.map((section) => /^`([a-z-]+)`/.exec(section)?.[1] ?? '').toSorted()).toEqual(
    allChecks.map(({ rule }) => rule.id).toSorted(),
  )
  expect(sections.filter((section) => !section.includes('Example:'))).toEqual([])
})
