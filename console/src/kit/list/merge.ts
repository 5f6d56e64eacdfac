interface Item {
  id: string
}

/** What a list shows after its first page was read again: rows in their places, with what is new about them. */
export function merged<T extends Item>(items: readonly T[], head: readonly T[]): T[] {
  const fresh = new Map(head.map((it) => [it.id, it]))
  return items.map((it) => fresh.get(it.id) ?? it)
}

/** How many rows came before the first one that is shown. They are counted, not inserted: rows never jump. */
export function newer<T extends Item>(items: readonly T[], head: readonly T[]): number {
  const known = new Set(items.map((it) => it.id))
  const at = head.findIndex((it) => known.has(it.id))
  return at < 0 ? head.length : at
}
