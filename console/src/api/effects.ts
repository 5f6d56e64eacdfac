import { useQueryCache, type UseQueryEntry } from '@pinia/colada'
import { noteStale } from './stale'

/**
 * Which reads an act makes stale, by the ids of operations. A mutation says what happened (`useStale()('submitted')`),
 * never which lists show it, so that a new list only needs its name here.
 */
export const EFFECTS = {
  /** A task was submitted, canceled or ended: credits moved with it. */
  task: ['generateTask', 'generateHistory', 'walletBalance', 'walletTransactions', 'walletStatistics'],
  /** Credits of the wallet moved. */
  balance: ['walletBalance', 'walletTransactions', 'walletStatistics'],
  /** A task was marked as a favorite, or hidden. */
  marks: ['generateTask', 'generateHistory'],
  /** A preset was kept, changed or deleted. */
  presets: ['generateListPresets'],
  /** The profile was changed. */
  profile: ['authProfile'],
  /** A session was ended, or the password changed. */
  sessions: ['authListSessions'],
  /** A resource was connected, changed, paused, tested or deleted. */
  resource: ['resourceList', 'resourceShow', 'resourceStats', 'generateModels', 'walletEarnings'],
  /** An admin changed what users have or may do. */
  user: ['adminListUsers', 'adminGetUser', 'creditsBalanceOfUser', 'creditsTransactionsOfUser', 'adminListTransactions'],
  /** An admin acted on a task that has not ended. */
  job: ['adminListJobs', 'adminListTransactions', 'adminStatistics'],
  /** An admin changed a resource, a model or the policy of a provider. */
  pool: ['adminListResources', 'adminListSanctions', 'adminListModels', 'adminGetModel', 'adminListPolicies', 'adminGetPolicy'],
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
