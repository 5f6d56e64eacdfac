import { describe, expect, it } from 'vitest'
import type { Resource } from '@/api/gen'
import { conditionOf } from './condition'

const key: Resource = {
  id: '0199', provider: 'stability', name: 'Meadow', key_hint: '…abcd', status: 'active', health: 'ok', price_per_unit: '0.5',
  units_today: '3', units_month: '30', daily_limit: '100', monthly_limit: '1000', concurrency_limit: 4, rpm_limit: 60, in_flight: 1,
  proven: true, success_rate: 1, latency_ms_p50: 900, earned: '12', created_at: '2026-11-01T00:00:00Z',
}

describe('conditionOf', () => {
  it.each([
    [{}, 'ok', 'serving', undefined],
    [{ in_flight: 4 }, 'ok', 'full', undefined],
    [{ proven: false }, 'ok', 'unproven', undefined],
    [{ units_today: '100' }, 'degraded', 'day_used', 'offer'],
    [{ units_month: '1000.000001' }, 'degraded', 'month_used', 'offer'],
    [{ health: 'cooling' }, 'cooling', 'cooling', undefined],
    [{ health: 'probing' }, 'probing', 'probing', undefined],
    [{ health: 'exhausted' }, 'exhausted', 'exhausted', 'test'],
    [{ status: 'paused', in_flight: 0 }, 'paused', 'paused', 'resume'],
    [{ status: 'paused', in_flight: 2 }, 'paused', 'finishing', 'resume'],
    [{ status: 'error' }, 'error', 'parked', 'test'],
    [{ status: 'disabled' }, 'disabled', 'disabled', undefined],
  ] as const)('%o is shown as %s, said as %s, mended by %s', (change, status, word, remedy) => {
    expect(conditionOf({ ...key, ...change })).toMatchObject({ status, word, ...(remedy ? { remedy } : {}) })
    expect(conditionOf({ ...key, ...change }).remedy).toBe(remedy)
  })

  it('names what keeps an active key from serving, without the code before it', () => {
    const said = conditionOf({ ...key, status_reason: 'price_too_high: it is not used at 9 credits a unit' })
    expect(said).toMatchObject({ word: 'price_too_high', remedy: 'offer', stuck: true, detail: 'it is not used at 9 credits a unit' })
  })

  it('lets an admin who disabled it speak, whatever its health', () => {
    const said = conditionOf({ ...key, status: 'disabled', health: 'cooling', status_reason: 'stolen key' })
    expect(said).toMatchObject({ word: 'disabled', detail: 'stolen key', stuck: true })
  })

  it('knows that a key which serves some models is not stuck', () => {
    expect(conditionOf({ ...key, status_reason: 'limits_too_low: no image of ultra' }).stuck).toBe(false)
  })
})
