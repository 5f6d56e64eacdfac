import type { LastAudit, Overview, Pulse } from '@/api/gen'

/** Something that is not as it should be, with the page that shows it. */
export interface Finding {
  /** The key of the sentence, `admin.finding.<word>`. */
  word: string
  named: Record<string, string | number>
  /** How many it is about, for the plural. */
  count: number
  to: string
  tone: 'error' | 'warning'
}

/** What is known of the exchange; what could not be read is absent and judged by nobody. */
export interface Known {
  /** Names of what the API needs and does not reach; absent if the API was not asked yet. */
  unreachable?: readonly string[]
  audit?: LastAudit | 'never'
  pulse?: Pulse
  overview?: Overview
}

/** A task that waits so long is worth a look. */
export const OVERDUE_SECONDS = 120
/** Fewer endings than this say nothing about a share. */
const ENDINGS_MIN = 10
const FAILED_SHARE = 0.2

/** What is wrong, the worst first; nothing if all that is known is well. */
export function findings(known: Known, now: number): Finding[] {
  return [...broken(known), ...stuck(known, now), ...ill(known)].sort((a, b) => rank(a) - rank(b))
}

const rank = (it: Finding) => (it.tone === 'error' ? 0 : 1)

function found(tone: Finding['tone'], word: string, to: string, count: number, named: Finding['named'] = {}): Finding[] {
  return count > 0 ? [{ word, named: { n: count, ...named }, count, to, tone }] : []
}

function broken({ unreachable = [], audit, pulse }: Known): Finding[] {
  const violated = audit && audit !== 'never' ? audit.checks.filter((it) => it.error !== undefined || (it.violations ?? 0) > 0) : []
  return [
    ...found('error', 'unreachable', '/admin#audit', unreachable.length, { names: unreachable.join(', ') }),
    ...found('error', 'audit', '/admin#audit', violated.length, { names: violated.map((it) => it.name).join(', ') }),
    ...found('error', 'no_workers', '/admin/workers', pulse && pulse.now.workers === 0 ? 1 : 0),
    ...found('error', 'parked', '/admin/jobs?state=parked', pulse?.now.parked ?? 0),
    ...found('warning', 'no_audit', '/admin#audit', audit === 'never' ? 1 : 0),
  ]
}

function stuck({ pulse }: Known, now: number): Finding[] {
  if (!pulse) return []
  const oldest = pulse.now.oldest_at ? (now - Date.parse(pulse.now.oldest_at)) / 1000 : 0
  const ended = pulse.series.reduce((sum, it) => sum + it.completed + it.failed, 0)
  const failed = pulse.series.reduce((sum, it) => sum + it.failed, 0)
  const many = ended >= ENDINGS_MIN && failed > ended * FAILED_SHARE
  return [
    ...found('warning', 'overdue', `/admin/jobs?state=waiting&older=${String(OVERDUE_SECONDS)}`, oldest > OVERDUE_SECONDS ? 1 : 0, { minutes: Math.floor(oldest / 60) }),
    ...found('warning', 'failures', '/admin/statistics', many ? failed : 0, { of: ended }),
  ]
}

function ill({ overview }: Known): Finding[] {
  return [
    ...found('warning', 'resources', '/admin/resources?status=error', overview?.resources.error ?? 0),
    ...found('warning', 'models_gone', '/admin/models', overview?.models_gone.length ?? 0, { names: overview?.models_gone.join(', ') ?? '' }),
  ]
}
