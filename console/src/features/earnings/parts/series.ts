import type { EarningsStatistics } from '@/api/gen'
import type { Series } from '@/kit/chart/series'
import { compare, minus, sum } from '@/kit/money'

/** More colours than these cannot be told apart; what is left is drawn as one. */
const TONES = ['primary', 'owner', 'info', 'admin', 'success'] as const

/** Net by period: one series for each of the best earning resources, and one for all others, if they earned. */
export function netSeries(statistics: EarningsStatistics, words: { others: string; unnamed: string }): Series[] {
  const best = statistics.by_resource.slice(0, TONES.length)
  const known = best.map((resource, at): Series => ({
    name: resource.name ?? words.unnamed,
    values: statistics.series.map((period) => period.by_resource.find((it) => it.resource_id === resource.resource_id)?.net ?? '0'),
    tone: TONES[at] ?? 'secondary',
  }))
  const rest = statistics.series.map((period, at) => minus(period.net, sum(known.map((it) => it.values[at] ?? '0'))))
  return rest.some((it) => compare(it, '0') !== 0) ? [...known, { name: words.others, values: rest, tone: 'secondary' }] : known
}
