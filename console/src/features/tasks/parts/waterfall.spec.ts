import { describe, expect, it } from 'vitest'
import type { Attempt } from '@/api/gen'
import { bars } from './waterfall'

const at = (ms: number) => new Date(Date.UTC(2026, 10, 28) + ms).toISOString()
const attempt = (no: number, from: number, to: number | undefined, state: Attempt['state']): Attempt => ({
  no, state, provider: 'p', model: 'm', started_at: at(from), ...(to === undefined ? {} : { ended_at: at(to) }),
})
const told = (attempts: Attempt[], end?: number, now = 0) =>
  bars({ created_at: at(0), attempts, ...(end === undefined ? {} : { completed_at: at(end) }) }, Date.parse(at(now)))
    .map((it) => [it.attempt?.no ?? 'wait', it.from, it.length])

describe('the waterfall', () => {
  it('waits between attempts', () => {
    expect(told([attempt(1, 200, 1200, 'failed'), attempt(2, 3200, 4200, 'delivered')], 4300)).toEqual([
      ['wait', 0, 200], [1, 200, 1000], ['wait', 1200, 2000], [2, 3200, 1000],
    ])
  })

  it('grows while an attempt runs', () => {
    expect(told([attempt(1, 10, undefined, 'calling')], undefined, 5010)).toEqual([[1, 10, 5000]])
  })

  it('tells the wait of a task nobody could make', () => {
    expect(told([], 60_000)).toEqual([['wait', 0, 60_000]])
  })

  it('waits after a failure until the end', () => {
    expect(told([attempt(1, 0, 1000, 'failed')], 9000)).toEqual([[1, 0, 1000], ['wait', 1000, 8000]])
  })
})
