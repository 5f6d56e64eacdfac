import { shallowReactive } from 'vue'

/** How often each operation's answers were made stale, for lists that decide themselves what to read again. */
const times = shallowReactive(new Map<string, number>())

export function noteStale(operations: Iterable<string>): void {
  for (const it of operations) times.set(it, (times.get(it) ?? 0) + 1)
}

export function staleTimes(operation: string): number {
  return times.get(operation) ?? 0
}
