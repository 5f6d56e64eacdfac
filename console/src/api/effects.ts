import { useQueryCache, type UseQueryEntry } from '@pinia/colada'
import { noteStale } from './stale'

/**
 * Which reads an act makes stale, by the ids of operations. A mutation says what happened (`useStale()('submitted')`),
 * never which lists show it, so that a new list only needs its name here.
 */
export const EFFECTS = {
  /** A task was submitted, canceled or ended: credits moved with it. */
  task: ['getTask', 'listTasks', 'getBalance', 'listTransactions', 'getWalletStatistics'],
  /** Credits of the wallet moved. */
  balance: ['getBalance', 'listTransactions', 'getWalletStatistics'],
  /** A task was marked as a favorite, or hidden. */
  marks: ['getTask', 'listTasks'],
  /** A preset was kept, changed or deleted. */
  presets: ['listPresets'],
  /** The profile was changed. */
  profile: ['getProfile'],
  /** A session was ended, or the password changed. */
  sessions: ['listSessions'],
  /** The second factor was set up or removed, or its recovery codes replaced. */
  totp: ['getTotp'],
  /** A resource was connected, changed, paused, tested or deleted. */
  resource: ['listResources', 'getResource', 'getResourceStats', 'listResourceHealth', 'listModels', 'getEarnings'],
  /** An admin changed what users have or may do. */
  user: ['adminListUsers', 'adminGetUser', 'adminListSessions', 'adminGetBalance', 'adminListUserTransactions', 'adminListTransactions', 'adminListAuditLog'],
  /** An admin acted on a task that has not ended. */
  job: ['adminListJobs', 'adminGetJob', 'adminListTasks', 'adminListTransactions', 'adminGetPulse', 'adminGetStatistics', 'adminListAuditLog'],
  /** An admin had a worker drained, or let it work again. */
  worker: ['adminListWorkers', 'adminGetPulse', 'adminListAuditLog'],
  /** The ledger was audited. */
  audit: ['adminGetAudit'],
  /** An admin changed a resource, a model or the policy of a provider. */
  pool: ['adminListAuditLog', 'adminListResources', 'adminListSanctions', 'adminListModels', 'adminGetModel', 'adminListProviderPolicies', 'adminGetProviderPolicy'],
} as const satisfies Record<string, readonly string[]>

export type Effect = keyof typeof EFFECTS

/** Marks what an act changed as stale; what is on the screen is read again at once. */
export function useStale(): (...effects: Effect[]) => Promise<void> {
  const cache = useQueryCache()
  return async (...effects) => {
    const ids = new Set<string>(effects.flatMap((it) => EFFECTS[it]))
    noteStale(ids)
    try {
      await cache.invalidateQueries({ predicate: (entry) => ids.has(operationOf(entry)) })
    } catch {
      // A read that failed, or was overtaken by a newer one, says so where it is shown; the act itself succeeded.
    }
  }
}

/** The operation a cached query belongs to: the generated keys begin with it. */
function operationOf(entry: UseQueryEntry): string {
  const head: unknown = entry.key[0]
  return typeof head === 'object' && head !== null && '_id' in head ? String(head._id) : ''
}
