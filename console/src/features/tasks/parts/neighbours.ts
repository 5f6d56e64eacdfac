import { useQuery } from '@pinia/colada'
import { computed, type ComputedRef } from 'vue'
import type { Task } from '@/api/gen'
import { listTasksQuery } from '@/api/gen/@pinia/colada.gen'
import { useNewest } from '@/app/running'

/** The tasks before and after one: the newer among the newest, which the page has anyway, the older by asking. */
export function useNeighbours(task: ComputedRef<Task | undefined>): {
  newer: ComputedRef<string | undefined>; older: ComputedRef<string | undefined>
} {
  const newest = useNewest()
  const place = computed(() => newest.data.value?.items.findIndex((it) => it.id === task.value?.id) ?? -1)
  const next = useQuery(() => ({
    ...listTasksQuery({ query: { limit: 1, ...(task.value ? { to: task.value.created_at } : {}) } }),
    enabled: task.value !== undefined,
  }))
  return {
    newer: computed(() => (place.value > 0 ? newest.data.value?.items[place.value - 1]?.id : undefined)),
    older: computed(() => next.data.value?.items[0]?.id),
  }
}
