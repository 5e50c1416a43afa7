import { CodedError } from '@assay/registry'

/** The request itself is wrong: flags that are missing, unknown or contradict each other, files that cannot be read. */
export class UsageError extends CodedError<
  'USAGE' | 'UNREADABLE_FILE' | 'PASSWORD_REQUIRED' | 'DECLINED' | 'INVALID_POLICY'
> {}
