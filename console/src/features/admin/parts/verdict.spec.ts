import { describe, expect, it } from 'vitest'
import type { LastAudit, Pulse } from '@/api/gen'
import { findings } from './verdict'

const NOW = Date.parse('2026-01-01T12:00:00Z')
const minute = (completed: number, failed: number) => ({ at: '2026-01-01T11:59:00Z', submitted: 0, completed, failed, canceled: 0, errors: [] })
const pulse = (now: Partial<Pulse['now']> = {}, series: Pulse['series'] = []): Pulse => ({
  series, errors: [], now: { waiting: 0, running: 0, parked: 0, workers: 1, permits: 4, busy: 0, read_at: '2026-01-01T12:00:00Z', ...now },
})
const audit = (violations: number): LastAudit => ({
  ok: violations === 0, checked_at: '2026-01-01T11:00:00Z',
  checks: [{ name: 'balances', violations, elapsed_ms: 3, checked_at: '2026-01-01T11:00:00Z' }],
})
const words = (known: Parameters<typeof findings>[0]) => findings(known, NOW).map((it) => it.word)

describe('the verdict', () => {
  it('finds nothing where all that is known is well', () => {
    expect(words({ unreachable: [], audit: audit(0), pulse: pulse() })).toEqual([])
    expect(words({})).toEqual([])
  })
  it('puts what is broken before what is slow', () => {
    expect(words({ audit: audit(2), pulse: pulse({ oldest_at: '2026-01-01T11:50:00Z', parked: 1 }) })).toEqual(['audit', 'parked', 'overdue'])
  })
  it('judges the share of failures only of enough endings', () => {
    expect(words({ pulse: pulse({}, [minute(2, 3)]) })).toEqual([])
    expect(words({ pulse: pulse({}, [minute(7, 3)]) })).toEqual(['failures'])
    expect(words({ pulse: pulse({}, [minute(8, 2)]) })).toEqual([])
  })
  it('says that nobody audited yet, and that no worker works', () => {
    expect(words({ audit: 'never', pulse: pulse({ workers: 0 }) })).toEqual(['no_workers', 'no_audit'])
  })
})
