import type { HttpRequest, HttpResponse } from '@assay/registry'

/** Sees each request first: answers it, throws, changes the honest answer, or returns undefined to stand aside. */
export type Fault = (
  request: HttpRequest,
  honest: () => Promise<HttpResponse>,
) => Promise<HttpResponse | undefined> | HttpResponse | undefined

export async function applyFault(
  faults: readonly Fault[],
  request: HttpRequest,
  honest: () => Promise<HttpResponse>,
): Promise<HttpResponse> {
  for (const fault of faults) {
    const response = await fault(request, honest)
    if (response !== undefined) return response
  }
  return await honest()
}

/** A fault for requests whose `METHOD /path` matches. */
export function when(
  pattern: RegExp,
  then: (request: HttpRequest, honest: () => Promise<HttpResponse>) => HttpResponse | Promise<HttpResponse>,
): Fault {
  return (request, honest) =>
    pattern.test(`${request.method} ${request.url.pathname}`) ? then(request, honest) : undefined
}

/** The same fault, for the first `count` requests that it applies to. */
export function times(count: number, fault: Fault): Fault {
  let left = count
  return async (request, honest) => {
    if (left === 0) return undefined
    const response = await fault(request, honest)
    if (response !== undefined) left -= 1
    return response
  }
}
