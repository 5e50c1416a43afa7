import { CodedError } from '@assay/registry'

/** A list of exceptions that cannot be used. None of its entries counts then. */
export class ExceptionListError extends CodedError<'INVALID_EXCEPTION_LIST'> {}
