/** How moments and durations are written. The API speaks UTC; people see their own zone, and its name on demand. */

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** Older than this, a distance says less than a date. */
const RELATIVE_MS = 7 * DAY

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', DAY],
  ['hour', HOUR],
  ['minute', MINUTE],
  ['second', SECOND],
]

/** "3 minutes ago", or the date if that is a week or more away. Under 5 s it is now. */
export function ago(at: string, now: number, locale: string): string {
  const distance = Date.parse(at) - now
  if (Math.abs(distance) >= RELATIVE_MS) return day(at, locale)
  const writer = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' })
  if (Math.abs(distance) < 5 * SECOND) return writer.format(0, 'second')
  for (const [unit, length] of STEPS) {
    if (Math.abs(distance) >= length) return writer.format(Math.trunc(distance / length), unit)
  }
  return writer.format(0, 'second')
}

/** The day, in the person's zone. */
export function day(at: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, { year: 'numeric', month: 'short', day: 'numeric' }).format(Date.parse(at))
}

/** The moment to the second, with the name of its zone. */
export function exactly(at: string, locale: string, zone?: string): string {
  return new Intl.DateTimeFormat(locale, {
    year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit',
    timeZoneName: 'short', ...(zone ? { timeZone: zone } : {}),
  }).format(Date.parse(at))
}

/** A duration in two units at the most: "850 ms", "4.2 s", "3 min 5 s", "2 h 10 min". */
export function lasting(ms: number, locale: string): string {
  const write = (value: number, unit: string, digits = 0) =>
    new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: digits }).format(value)
  if (ms < SECOND) return write(Math.max(0, Math.round(ms)), 'millisecond')
  if (ms < 10 * SECOND) return write(ms / SECOND, 'second', 1)
  if (ms < MINUTE) return write(Math.round(ms / SECOND), 'second')
  const [large, small, length, part]: [string, string, number, number] =
    ms < HOUR ? ['minute', 'second', MINUTE, SECOND] : ms < DAY ? ['hour', 'minute', HOUR, MINUTE] : ['day', 'hour', DAY, HOUR]
  const rest = Math.floor((ms % length) / part)
  const whole = write(Math.floor(ms / length), large)
  return rest === 0 ? whole : `${whole} ${write(rest, small)}`
}
