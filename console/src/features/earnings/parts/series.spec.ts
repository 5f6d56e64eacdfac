import { describe, expect, it } from 'vitest'
import type { EarningsStatistics } from '@/api/gen'
import { netSeries } from './series'

const sums = (net: string) => ({ gross: net, commission: '0', net, images: 1 })
const statistics = (total: string): EarningsStatistics => ({
  from: '2026-11-01T00:00:00Z', to: '2026-11-03T00:00:00Z', totals: sums('3'),
  series: [
    { period: '2026-11-01', ...sums(total), by_resource: [{ resource_id: 'a', name: 'Meadow', ...sums('1.5') }] },
    { period: '2026-11-02', ...sums('0.5'), by_resource: [{ resource_id: 'b', ...sums('0.5') }] },
  ],
  by_resource: [{ resource_id: 'a', name: 'Meadow', ...sums('1.5') }, { resource_id: 'b', ...sums('0.5') }],
})
const words = { others: 'others', unnamed: 'a former key' }

describe('netSeries', () => {
  it('has a value for each period and resource, zero where it earned nothing', () => {
    expect(netSeries(statistics('1.5'), words)).toEqual([
      { name: 'Meadow', values: ['1.5', '0'], tone: 'primary' },
      { name: 'a former key', values: ['0', '0.5'], tone: 'owner' },
    ])
  })

  it('loses nothing: what is not named is drawn as the others, to the sixth place', () => {
    const all = netSeries(statistics('1.500001'), words)
    expect(all[2]).toEqual({ name: 'others', values: ['0.000001', '0'], tone: 'secondary' })
  })
})
