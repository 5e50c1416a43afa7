import { CodedError } from '@assay/registry'
import { readRequest } from './protocol/request.ts'

// The suite judges by the exit code alone; the line on stderr is for whoever reads its log.
try {
  const request = readRequest(process.argv.slice(2))
  if (request.command === 'sign-bundle') {
    const { signBundle } = await import('./protocol/sign-bundle.ts')
    process.exitCode = await signBundle(request)
  } else {
    const { verify } = await import('./protocol/verify-bundle.ts')
    await verify(request)
  }
} catch (error) {
  if (!(error instanceof CodedError)) throw error
  process.stderr.write(`${error.code}: ${error.message} ${error.got ?? ''}\n`)
  process.exitCode = 1
}
