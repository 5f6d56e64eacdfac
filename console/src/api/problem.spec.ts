import { describe, expect, it } from 'vitest'
import { asProblem, Problem, toProblem } from './problem'

const answer = (status: number, headers: Record<string, string> = {}) => new Response(null, { status, headers })

describe('a problem', () => {
  it('keeps what the API said', () => {
    const wire = {
      type: 'urn:aetherflow:problem:credits.insufficient', title: 'Too few credits', status: 402, code: 'credits.insufficient',
      detail: 'needs 1.5', request_id: 'r1', required: '1.5', available: '0.9',
    }
    const problem = toProblem(wire, answer(402)) as Problem
    expect([problem.code, problem.status, problem.required, problem.available, problem.requestId]).toEqual([
      'credits.insufficient', 402, '1.5', '0.9', 'r1',
    ])
  })

  it('finds the fault of a field by its path', () => {
    const problem = new Problem('request.invalid', { errors: [{ field: 'items[1].prompt', code: 'missing', detail: 'is required' }] })
    expect(problem.field('items[1].prompt')?.code).toBe('missing')
    expect(problem.field('prompt')).toBeUndefined()
  })

  it('knows how long to wait', () => {
    const wire = { code: 'rate.limited', status: 429 }
    expect((toProblem(wire, answer(429, { 'Retry-After': '7' })) as Problem).retryAfter).toBe(7)
    expect((toProblem(wire, answer(429)) as Problem).retryAfter).toBeUndefined()
  })

  it('is about the connection if nothing was answered', () => {
    expect((toProblem(new TypeError('Failed to fetch')) as Problem).code).toBe('offline')
  })

  it('takes no page of a proxy for an answer of ours', () => {
    const problem = toProblem('<html>502</html>', answer(502, { 'X-Request-Id': 'r2' })) as Problem
    expect([problem.code, problem.status, problem.requestId]).toEqual(['unreadable', 502, 'r2'])
  })

  it('is none for a call that nobody waits for', () => {
    const aborted = new DOMException('gone', 'AbortError')
    expect(toProblem(aborted)).toBe(aborted)
    expect(asProblem(aborted)).toBeUndefined()
    expect(asProblem(null)).toBeUndefined()
  })
})
