import { useQuery } from '@pinia/colada'
import { computed, watch } from 'vue'
import { generateHistoryQuery, walletBalanceQuery } from '@/api/gen/@pinia/colada.gen'
import { useStale } from '@/api/effects'
import { usePoll } from './live'

const ACTIVE = new Set(['pending', 'processing'])
/** How often own tasks are looked at while some are under way, and otherwise. */
const BUSY_MS = 2_000
const QUIET_MS = 30_000

/** The newest tasks of the person, as the frame and the tiles watch them: one reading for the whole page. */
export function useNewest() {
  return useQuery(() => ({ ...generateHistoryQuery({ query: { limit: 40 } }), staleTime: 1_000 }))
}

/** What the bar shows: the credits that can be spent, and how many own tasks are under way. */
export function useBar() {
  const newest = useNewest()
  const balance = useQuery(walletBalanceQuery())
  const stale = useStale()
  const running = computed(() => newest.data.value?.items.filter((it) => ACTIVE.has(it.status)).length ?? 0)
  usePoll(() => newest.refetch(), () => (running.value > 0 ? BUSY_MS : QUIET_MS))
  // A task that ended moved credits; what shows them is read again.
  watch(running, () => { void stale('task') })
  return { running, balance: balance.data }
}
