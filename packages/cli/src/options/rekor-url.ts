import { serviceTransport } from '@assay/registry'
import { isServiceUrl, type ServiceAccess } from '@assay/core'
import type { OptionGroup } from '../define-command.ts'
import { UsageError } from '../usage-error.ts'
import { valueFlag } from './flag.ts'
import { textOf } from './raw.ts'
import { traceOf } from './trace.ts'

const publicLog = 'https://rekor.sigstore.dev'

/** `--rekor-url`: the log of the first kind that is asked for entries and their proofs. */
export const rekorUrlOption: OptionGroup<ServiceAccess & { readonly url: string }> = {
  flags: () => [valueFlag('--rekor-url <url>', `the log that is asked (default: "${publicLog}")`)],
  parse: (raw, io) => {
    const url = textOf(raw, 'rekorUrl') ?? publicLog
    if (!isServiceUrl(url))
      throw new UsageError('USAGE', '--rekor-url is not an https URL', { got: url, expected: publicLog })
    const connection = { proxyEnvironment: io.env }
    return { url, transport: serviceTransport({ connection, ...traceOf(raw, io) }) }
  },
}
