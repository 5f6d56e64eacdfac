import type { ResourceDay } from '@/api/gen'

const DAY_MS = 86_400_000

/** Every UTC day of a period, also those without a call, which the API leaves out. */
export function everyDay(series: readonly ResourceDay[], from: string, to: string): ResourceDay[] {
  const known = new Map(series.map((it) => [it.day, it]))
  const days: ResourceDay[] = []
  const last = Math.floor((Date.parse(to) - 1) / DAY_MS)
  for (let at = Math.floor(Date.parse(from) / DAY_MS); at <= last; at += 1) {
    const day = new Date(at * DAY_MS).toISOString().slice(0, 10)
    days.push(known.get(day) ?? { day, attempts: 0, images: 0, failed: 0, unknown: 0, units: '0', earned: '0' })
  }
  return days
}
