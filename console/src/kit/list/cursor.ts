import { useInfiniteQuery } from '@pinia/colada'
import { computed, toValue, type ComputedRef, type MaybeRefOrGetter } from 'vue'

/** A page of the API's lists: items, and where the next page begins; the last page has none. */
export interface Page<T> {
  items: T[]
  next_cursor?: string | null
}

/** A list read page by page, all shown under each other. `load` gets the cursor, undefined for the first page. */
export interface CursorList<T> {
  items: ComputedRef<T[]>
  pending: ComputedRef<boolean>
  busy: ComputedRef<boolean>
  error: ComputedRef<unknown>
  more: ComputedRef<boolean>
  has: ComputedRef<boolean>
  loadMore: () => Promise<unknown>
  refetch: () => Promise<unknown>
}

/**
 * Reads a list. `operation` is the operation's id as in the generated keys, so that `useStale` reaches the list;
 * `filter` is what it is read with: another filter is another list.
 */
export function useCursorList<T>(
  operation: string,
  filter: MaybeRefOrGetter<Record<string, unknown>>,
  load: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<T>>,
): CursorList<T> {
  const query = useInfiniteQuery<Page<T>, Error, string | null>({
    key: () => [{ _id: operation, list: true, query: JSON.stringify(toValue(filter)) }],
    query: ({ pageParam, signal }) => load(pageParam ?? undefined, signal),
    initialPageParam: null,
    getNextPageParam: (last) => last.next_cursor || null,
  })
  return {
    items: computed(() => query.data.value?.pages.flatMap((it) => it.items) ?? []),
    pending: computed(() => query.isPending.value),
    busy: computed(() => query.isLoading.value),
    error: computed(() => query.error.value),
    more: computed(() => query.hasNextPage.value),
    has: computed(() => query.data.value !== undefined),
    loadMore: () => query.loadNextPage(),
    refetch: () => query.refetch(),
  }
}
