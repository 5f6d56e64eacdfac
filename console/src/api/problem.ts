import { client } from './gen/client.gen'
import type { FieldError, HeldByTask, Problem as Wire, ProblemCode } from './gen/types.gen'

/** Codes that no server sends: what a page says when there is no answer, or none of ours. */
export type LocalCode = 'offline' | 'unreadable'

/** An error of the API as the console throws it: every call of the generated client fails with one of these. */
export class Problem extends Error {
  readonly code: ProblemCode | LocalCode
  /** The HTTP status; 0 if there was no answer. */
  readonly status: number
  readonly detail: string
  readonly requestId: string | undefined
  readonly fields: readonly FieldError[]
  /** Seconds the server wants us to wait. */
  readonly retryAfter: number | undefined
  /** Credits needed, spendable and held, where there were too few. */
  readonly required: string | undefined
  readonly available: string | undefined
  readonly heldBy: readonly HeldByTask[]

  constructor(code: ProblemCode | LocalCode, wire: Partial<Wire>, retryAfter?: number) {
    super(wire.detail ?? code)
    this.name = 'Problem'
    this.code = code
    this.status = wire.status ?? 0
    this.detail = wire.detail ?? ''
    this.requestId = wire.request_id
    this.fields = wire.errors ?? []
    this.retryAfter = retryAfter
    this.required = wire.required
    this.available = wire.available
    this.heldBy = wire.held_by ?? []
  }

  /** What is wrong with a field, by its path in the body; undefined if nothing is. */
  field(name: string): FieldError | undefined {
    return this.fields.find((it) => it.field === name)
  }
}

/** Whether a body is a problem of our API. */
function isWire(body: unknown): body is Wire {
  return typeof body === 'object' && body !== null && 'code' in body && 'status' in body
}

/** Turns whatever a call failed with into a `Problem`. An aborted call stays what it is: nobody waits for it. */
export function toProblem(error: unknown, response?: Response): unknown {
  if (error instanceof Problem) return error
  if (error instanceof DOMException && error.name === 'AbortError') return error
  if (!response) return new Problem('offline', { detail: error instanceof Error ? error.message : '' })
  const seconds = Number(response.headers.get('Retry-After') ?? Number.NaN)
  const retryAfter = Number.isFinite(seconds) ? seconds : undefined
  if (isWire(error)) return new Problem(error.code, error, retryAfter)
  const requestId = response.headers.get('X-Request-Id') ?? undefined
  return new Problem('unreadable', { status: response.status, ...(requestId ? { request_id: requestId } : {}) }, retryAfter)
}

/** The problem in what was caught; undefined if a call was only aborted, or nothing was caught. */
export function asProblem(error: unknown): Problem | undefined {
  if (error === null || error === undefined) return undefined
  if (error instanceof Problem) return error
  if (error instanceof DOMException && error.name === 'AbortError') return undefined
  return new Problem('unreadable', { detail: error instanceof Error ? error.message : String(error) })
}

client.interceptors.error.use((error, response) => toProblem(error, response))
