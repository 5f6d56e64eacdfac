import type { Grant } from '@/api/gen'
import { share, sum } from '@/kit/money'

/** A grant's stretch of the bar, in the order in which grants are spent. */
export interface Stretch {
  grant: Grant
  /** The part of the bar, between 0 and 1. */
  part: number
  /** Whole days until it expires; undefined if it never does. */
  days: number | undefined
}

const DAY_MS = 86_400_000
/** A grant with so many days left, or fewer, expires soon. */
export const SOON_DAYS = 7

/** Days that are left, rounded down: "1 day" never means less than that. */
export function daysLeft(expires: string | undefined, now: number): number | undefined {
  return expires === undefined ? undefined : Math.max(0, Math.floor((Date.parse(expires) - now) / DAY_MS))
}

export function stretches(grants: readonly Grant[], now: number): Stretch[] {
  const all = sum(grants.map((it) => it.remaining))
  return grants.map((grant) => ({ grant, part: share(grant.remaining, all), days: daysLeft(grant.expires_at, now) }))
}
