import { describe, expect, it } from 'vitest'
import type { Grant } from '@/api/gen'
import { daysLeft, stretches } from './grants'

const NOW = Date.parse('2026-11-28T12:00:00Z')
const grant = (remaining: string, expires_at?: string): Grant => ({
  id: remaining, source: 'sign_up', amount: '100', remaining, priority: 0, created_at: '', ...(expires_at ? { expires_at } : {}),
})

describe('grants', () => {
  it('stay in the order in which they are spent', () => {
    const found = stretches([grant('1', '2026-11-30T11:00:00Z'), grant('3')], NOW)
    expect(found.map((it) => [it.grant.remaining, it.part, it.days])).toEqual([['1', 0.25, 1], ['3', 0.75, undefined]])
  })

  it('have no part of an empty wallet', () => {
    expect(stretches([], NOW)).toEqual([])
    expect(stretches([grant('0')], NOW)[0]?.part).toBe(0)
  })

  it('never promise a day that is not whole', () => {
    expect(daysLeft('2026-11-29T11:59:59Z', NOW)).toBe(0)
    expect(daysLeft('2026-11-29T12:00:00Z', NOW)).toBe(1)
    expect(daysLeft('2026-11-27T12:00:00Z', NOW)).toBe(0)
  })
})
