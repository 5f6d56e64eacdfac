import { describe, expect, it } from 'vitest'
import { ago, exactly, lasting } from './time'

const NOW = Date.parse('2026-11-28T12:00:00Z')
const before = (ms: number) => new Date(NOW - ms).toISOString()

describe('time', () => {
  it('counts in the largest unit that fits', () => {
    expect(ago(before(3 * 60_000 + 59_000), NOW, 'en')).toBe('3 min. ago')
    expect(ago(before(26 * 3_600_000), NOW, 'en')).toBe('yesterday')
    expect(ago(new Date(NOW + 90_000).toISOString(), NOW, 'en')).toBe('in 1 min.')
  })

  it('says now for what has just happened', () => {
    expect(ago(before(1200), NOW, 'en')).toBe('now')
    expect(ago(before(1200), NOW, 'zh-CN')).toBe('现在')
  })

  it('gives the date from a week on', () => {
    expect(ago(before(7 * 86_400_000), NOW, 'en')).toBe('Nov 21, 2026')
  })

  it('names the zone of an exact moment', () => {
    expect(exactly('2026-11-28T12:00:00.123456Z', 'en', 'UTC')).toBe('Nov 28, 2026, 12:00:00 PM UTC')
  })

  it('writes durations in two units at the most', () => {
    expect([850, 4_230, 42_000, 185_000, 7_800_000, 93_600_000].map((ms) => lasting(ms, 'en'))).toEqual([
      '850 ms', '4.2 sec', '42 sec', '3 min 5 sec', '2 hr 10 min', '1 day 2 hr',
    ])
  })
})
