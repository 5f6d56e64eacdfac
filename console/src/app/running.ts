import { useQuery, useQueryCache } from '@pinia/colada'
import { computed, watch } from 'vue'
import type { TaskPage, Task } from '@/api/gen'
import { listTasksQuery, listTasksQueryKey, getTaskQueryKey, getBalanceQuery } from '@/api/gen/@pinia/colada.gen'
import { useStale } from '@/api/effects'
import type { StreamEvent } from '@/api/sse'
import { usePoll } from '@/kit/poll'
import { useEvents } from './live'
import { useSession } from './session'

const ACTIVE = new Set(['pending', 'processing'])
/** How often own tasks are looked at while some are under way, and otherwise. */
const BUSY_MS = 2_000
const QUIET_MS = 30_000

const NEWEST = { query: { limit: 40 } } as const

/** The newest tasks of the person, as the frame and the tiles watch them: one reading for the whole page. */
export function useNewest() {
  return useQuery(() => ({ ...listTasksQuery(NEWEST), staleTime: 1_000 }))
}

/** Shows what the API answered about a task at once, without reading the list again. */
export function useTaskWriter(): (task: Task) => void {
  const cache = useQueryCache()
  return (task) => {
    cache.setQueryData(getTaskQueryKey({ path: { id: task.id } }), task)
    cache.setQueryData(listTasksQueryKey(NEWEST), (page: TaskPage | undefined) => page && { ...page, items: withTask(page.items, task) })
  }
}

/** The list with the task in its place, or first if it is new. */
export function withTask(items: readonly Task[], task: Task): Task[] {
  return items.some((it) => it.id === task.id) ? items.map((it) => (it.id === task.id ? task : it)) : [task, ...items]
}

/** What the bar shows: the credits that can be spent, and how many own tasks are under way. */
export function useBar() {
  const newest = useNewest()
  const balance = useQuery(getBalanceQuery())
  const stale = useStale()
  const running = computed(() => newest.data.value?.items.filter((it) => ACTIVE.has(it.status)).length ?? 0)
  const write = useTaskWriter()

  function tell({ name, data }: StreamEvent): void {
    if (name.startsWith('task.')) write(JSON.parse(data) as Task)
    else if (name === 'balance') void stale('balance')
    else if (name === 'resource') void stale('resource')
    else if (name === 'stream.reset') void stale('task', 'resource')
  }
  const { live } = useEvents(useSession().user?.id ?? '', tell)
  // Events tell what happens; asking is for when they do not arrive, and once in a while in case one was missed.
  usePoll(() => newest.refetch(), () => (running.value > 0 && !live.value ? BUSY_MS : QUIET_MS))
  // A task that ended moved credits; what shows them is read again.
  watch(running, () => { void stale('task') })
  return { running, balance: balance.data }
}
