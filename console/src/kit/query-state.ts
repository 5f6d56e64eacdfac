import { computed, type WritableComputedRef } from 'vue'
import { useRoute, useRouter, type LocationQueryRaw, type LocationQueryValue } from 'vue-router'

/** What filters and open things are, kept in the address, so that every view is a link. */

/** The one text of a query's value; of several, the first. */
export function single(value: LocationQueryValue | LocationQueryValue[] | undefined): string {
  const first = Array.isArray(value) ? value[0] : value
  return first ?? ''
}

/** A query with some values changed; what is empty is left out, so that links stay short. */
export function withValues(query: LocationQueryRaw, changes: Readonly<Record<string, string>>): LocationQueryRaw {
  const next: LocationQueryRaw = { ...query }
  for (const [name, value] of Object.entries(changes)) {
    if (value === '') Reflect.deleteProperty(next, name)
    else next[name] = value
  }
  return next
}

/** A text in the address; changing it replaces the entry of the history, so "back" leaves the page. */
export function useQueryState(name: string): WritableComputedRef<string> {
  const route = useRoute()
  const router = useRouter()
  return computed({
    get: () => single(route.query[name]),
    set: (value) => { void router.replace({ query: withValues(route.query, { [name]: value }), hash: route.hash }) },
  })
}

/** Clears several at once: two replacements in a row would undo each other. */
export function useClear(): (...names: string[]) => void {
  const route = useRoute()
  const router = useRouter()
  return (...names) => {
    void router.replace({ query: withValues(route.query, Object.fromEntries(names.map((it) => [it, '']))) })
  }
}
