import { useInfiniteQuery, useQueryCache } from '@pinia/colada'
import { computed, shallowRef, toValue, watch, type ComputedRef, type MaybeRefOrGetter } from 'vue'
import { staleTimes } from '@/api/stale'
import { usePoll } from '../poll'
import { merged, newer } from './merge'

/** A page of the API's lists: items, and where the next page begins; the last page has none. */
export interface Page<T> {
  items: T[]
  next_cursor?: string | null
}

/** A list read page by page, all shown under each other. */
export interface CursorList<T> {
  items: ComputedRef<T[]>
  pending: ComputedRef<boolean>
  busy: ComputedRef<boolean>
  error: ComputedRef<unknown>
  more: ComputedRef<boolean>
  has: ComputedRef<boolean>
  /** How many rows came since, before the first one that is shown. */
  newer: ComputedRef<number>
  loadMore: () => Promise<unknown>
  /** Reads the list again from its beginning. */
  refetch: () => Promise<unknown>
}

/** Up to so many pages are read again whole; of longer lists only the first page is looked at. */
const WHOLE_PAGES = 3

/**
 * Reads a list. `operation` is the operation's id as in the generated keys, so that `useStale` reaches the list; `filter`
 * is what it is read with: another filter is another list. `load` gets the cursor, undefined for the first page.
 * `pause` is how often to look for news, in milliseconds.
 */
export function useCursorList<T extends { id: string }>(
  operation: string,
  filter: MaybeRefOrGetter<Record<string, unknown>>,
  load: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<T>>,
  pause: (items: readonly T[]) => number | undefined = () => undefined,
): CursorList<T> {
  const cache = useQueryCache()
  const key = () => [{ _id: `${operation}:list`, query: JSON.stringify(toValue(filter)) }]
  const head = shallowRef<{ of: string; items: T[] }>()
  const query = useInfiniteQuery<Page<T>, Error, string | null>({
    key,
    query: ({ pageParam, signal }) => load(pageParam ?? undefined, signal),
    initialPageParam: null,
    getNextPageParam: (last) => last.next_cursor || null,
    // Reading again reads all pages, so it happens when this says so and never by itself.
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
  })
  const known = computed(() => query.data.value?.pages.flatMap((it) => it.items) ?? [])
  const news = computed(() => {
    const it = head.value
    return it && it.of === key()[0]?.query ? it.items : []
  })
  const items = computed(() => merged(known.value, news.value))

  async function look(): Promise<void> {
    if (query.data.value === undefined) return
    const of = key()[0]?.query ?? ''
    head.value = { of, items: (await load(undefined, new AbortController().signal)).items }
  }
  async function refetch(): Promise<void> {
    head.value = undefined
    const data = query.data.value
    // From the beginning: what was loaded further down is loaded again when it is wanted.
    if (data && data.pages.length > 1) cache.setQueryData(key(), { pages: data.pages.slice(0, 1), pageParams: data.pageParams.slice(0, 1) })
    await query.refetch()
  }
  async function changed(): Promise<void> {
    const pages = query.data.value?.pages.length ?? 0
    head.value = undefined
    await (pages <= WHOLE_PAGES ? query.refetch() : look())
  }

  watch(() => staleTimes(operation), () => { changed().catch(() => undefined) })
  // What is kept from an earlier visit is shown at once, and looked after.
  if (query.data.value !== undefined) changed().catch(() => undefined)
  usePoll(look, () => pause(items.value))

  return {
    items,
    newer: computed(() => (news.value.length > 0 ? newer(known.value, news.value) : 0)),
    pending: computed(() => query.isPending.value),
    busy: computed(() => query.isLoading.value),
    error: computed(() => query.error.value),
    more: computed(() => query.hasNextPage.value),
    has: computed(() => query.data.value !== undefined),
    loadMore: () => query.loadNextPage(),
    refetch,
  }
}
