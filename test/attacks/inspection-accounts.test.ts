import { describe, expect, test } from 'vitest'
import { found, inspectEntries } from '../support/inspect.ts'

const passwd = (content: string): Parameters<typeof inspectEntries>[0] => [
  { kind: 'directory', path: 'etc' },
  { kind: 'file', path: 'etc/passwd', content },
]

describe('B-10 users that an image chooses', () => {
  test.each(['0', '0000', '+0', '', 'root', '0:1000', 'toor', '00000000000000000000'])(
    'User %j starts as root, or cannot be told: no yes',
    async (User) => {
      const image = await inspectEntries(passwd('root:x:0:0\ntoor:x:0:0\n'), { config: { User } })
      expect(found(image)).toContain('root-user')
      expect(image.verdict).not.toBe('yes')
    },
  )

  test.each(['2147483648', '4294967296', '18446744073709551616', '9'.repeat(400)])(
    'User %s is out of range: what becomes of it is for the runtime, so no yes',
    async (User) => {
      const image = await inspectEntries(passwd('root:x:0:0\n'), { config: { User } })
      expect(found(image)).toContain('root-user')
      expect(image.verdict).not.toBe('yes')
    },
  )

  test.each([
    ['in front of a line of 4 megabytes', `app:x:0:0\n${'a'.repeat(4_000_000)}`],
    ['behind it', `${'a'.repeat(4_000_000)}\napp:x:0:0\n`],
    ['among 200000 others', `${'u:x:1:1\n'.repeat(200_000)}app:x:0:0\n`],
  ])('an account %s is root or cannot be told, in bounded memory', async (_name, content) => {
    const image = await inspectEntries(passwd(content), { config: { User: 'app' } })
    expect(found(image)).toContain('root-user')
    expect(image.verdict).not.toBe('yes')
  })
})
