import { describe, expect, it } from 'vitest'
import type { ResourceHealthSpell } from '@/api/gen'
import { stretches, well } from './band'

const HOUR = 3_600_000
const now = Date.parse('2026-11-28T12:00:00Z')
const spell = (state: ResourceHealthSpell['state'], fromHours: number, toHours?: number): ResourceHealthSpell => ({
  state,
  from: new Date(now - fromHours * HOUR).toISOString(),
  ...(toHours === undefined ? {} : { to: new Date(now - toHours * HOUR).toISOString() }),
})

describe('stretches', () => {
  it('fills the span from what began before it to what still is', () => {
    const laid = stretches([spell('ok', 6), spell('cooling', 12, 6), spell('ok', 100, 12)], now, 24 * HOUR)
    expect(laid.map((it) => [it.spell.state, it.start, it.width])).toEqual([['ok', 0, 0.5], ['cooling', 0.5, 0.25], ['ok', 0.75, 0.25]])
  })

  it('leaves time empty of which nothing is known, and out what is older than the span', () => {
    const laid = stretches([spell('ok', 6), spell('cooling', 60, 50)], now, 24 * HOUR)
    expect(laid).toHaveLength(1)
    expect(laid[0]).toMatchObject({ start: 0.75, width: 0.25 })
  })
})

describe('well', () => {
  it('is the share of the known time, not of the whole span', () => {
    expect(well(stretches([spell('ok', 3), spell('cooling', 6, 3)], now, 24 * HOUR))).toBe(0.5)
  })

  it('is not known where nothing is', () => {
    expect(well([])).toBeUndefined()
  })
})
