import { describe, expect, it } from 'vitest'
import { everyDay } from './days'

describe('everyDay', () => {
  it('names the days without a call too, across months, and none after the end', () => {
    const busy = { day: '2026-12-01', attempts: 2, images: 2, failed: 0, unknown: 0, units: '6', earned: '2.43' }
    const days = everyDay([busy], '2026-11-29T12:00:00Z', '2026-12-02T00:00:00Z')
    expect(days.map((it) => it.day)).toEqual(['2026-11-29', '2026-11-30', '2026-12-01'])
    expect(days[2]).toBe(busy)
    expect(days[0]).toMatchObject({ attempts: 0, earned: '0' })
  })
})
