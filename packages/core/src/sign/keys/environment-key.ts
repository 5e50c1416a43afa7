import { SigningError } from '../signing-error.ts'
import type { KeyAccess } from './key-access.ts'

/**
 * A key file that is the value of a variable.
 * @throws SigningError KEY_FILE_UNREADABLE
 */
export function fromEnvironment(variable: string, { env }: Pick<KeyAccess, 'env'>): string {
  const pem = env[variable] ?? ''
  if (pem !== '') return pem
  throw new SigningError('KEY_FILE_UNREADABLE', 'the variable that should hold the key is empty', {
    on: `env://${variable}`,
    hint: 'set it to the content of the key file',
  })
}
