import { compare } from '@/kit/money'
import type { Resource } from '@/api/gen'

/** What an owner can do about the state of a key. */
export type Remedy = 'test' | 'offer' | 'resume'

/** How a key is doing, in one word: the status to show, the sentence that explains it, and what to do. */
export interface Condition {
  /** The status of the whole console (icon, word, colour). */
  status: string
  /** The key of the sentence, `resources.condition.<word>`. */
  word: string
  remedy?: Remedy
  /** What the server said, where that tells more than our sentence. */
  detail?: string
  /** It earns nothing until its owner does something. */
  stuck: boolean
}

/** Codes with which a reason begins when an active key serves less than it promises. */
const OBSTACLES = ['price_too_high', 'serves_nothing', 'limits_too_low'] as const

/** The reason without its code. */
function sentence(reason: string): string {
  return reason.replace(/^[a-z_]+: /, '')
}

function detailOf(resource: Resource): { detail: string } | object {
  return resource.status_reason ? { detail: sentence(resource.status_reason) } : {}
}

/** Explains a key. The most serious thing wins: who stopped it, then its health, then its limits. */
export function conditionOf(resource: Resource): Condition {
  switch (resource.status) {
    case 'disabled': return { status: 'disabled', word: 'disabled', stuck: true, ...detailOf(resource) }
    case 'error': return { status: 'error', word: 'parked', remedy: 'test', stuck: true, ...detailOf(resource) }
    case 'paused': return { status: 'paused', word: resource.in_flight > 0 ? 'finishing' : 'paused', remedy: 'resume', stuck: false }
    case 'active': return serving(resource)
  }
}

function serving(resource: Resource): Condition {
  const obstacle = OBSTACLES.find((it) => resource.status_reason?.startsWith(`${it}:`))
  if (obstacle && obstacle !== 'limits_too_low') return { status: 'degraded', word: obstacle, remedy: 'offer', stuck: true, ...detailOf(resource) }
  if (!obstacle && resource.status_reason) return { status: 'degraded', word: 'other', stuck: true, ...detailOf(resource) }
  if (resource.health === 'exhausted') return { status: 'exhausted', word: 'exhausted', remedy: 'test', stuck: true }
  if (resource.health === 'cooling') return { status: 'cooling', word: 'cooling', stuck: false }
  if (resource.health === 'probing') return { status: 'probing', word: 'probing', stuck: false }
  if (compare(resource.units_month, resource.monthly_limit) >= 0) return { status: 'degraded', word: 'month_used', remedy: 'offer', stuck: false }
  if (compare(resource.units_today, resource.daily_limit) >= 0) return { status: 'degraded', word: 'day_used', remedy: 'offer', stuck: false }
  if (obstacle) return { status: 'ok', word: obstacle, remedy: 'offer', stuck: false, ...detailOf(resource) }
  if (!resource.proven) return { status: 'ok', word: 'unproven', stuck: false }
  return { status: 'ok', word: resource.in_flight >= resource.concurrency_limit ? 'full' : 'serving', stuck: false }
}
