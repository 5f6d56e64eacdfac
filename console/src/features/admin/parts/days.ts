const DAY_MS = 86_400_000
const isDay = (it: string) => /^\d{4}-\d{2}-\d{2}$/.test(it) && !Number.isNaN(Date.parse(it))

/** Two named days as the API wants a span. It leaves the end out; people who name a day mean all of it. */
export function spanOf(from: string, to: string): { from?: string; to?: string } {
  return {
    ...(isDay(from) ? { from: `${from}T00:00:00Z` } : {}),
    ...(isDay(to) ? { to: new Date(Date.parse(to) + DAY_MS).toISOString() } : {}),
  }
}
