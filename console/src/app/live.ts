import { onScopeDispose, ref, type Ref } from 'vue'
import { readEvents, StreamRefused } from '@/api/events'
import type { StreamEvent } from '@/api/sse'

/**
 * Live updates for the whole browser: one tab, whichever has the lock, reads the stream and tells the others. A browser
 * opens six connections to a server; a stream for each tab would starve the seventh.
 */

/** After so long without a word from the leader, a tab asks for itself again. */
const DEAF_MS = 25_000
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 60_000

type Word = { kind: 'alive' } | { kind: 'event'; event: StreamEvent }

/** How long to wait before the next try: longer each time, and never all tabs at once. */
export function pauseAfter(failures: number, chance: number = Math.random()): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures, 10)) * (0.75 + chance / 2)
}

const rest = (ms: number, signal: AbortSignal) => new Promise<void>((done) => {
  const timer = setTimeout(done, ms)
  signal.addEventListener('abort', () => { clearTimeout(timer); done() }, { once: true })
})

/** Follows the events of `user` while the component lives: tabs of other people neither lead nor hear. `live` says whether they arrive; until then, pages ask. */
export function useEvents(user: string, tell: (event: StreamEvent) => void): { live: Readonly<Ref<boolean>> } {
  const live = ref(false)
  const stop = new AbortController()
  const locks = (navigator as Partial<Navigator>).locks
  if (!locks || !('BroadcastChannel' in globalThis)) return { live }
  const name = `aetherflow.events.${user}`
  const channel = new BroadcastChannel(name)
  let deaf: ReturnType<typeof setTimeout> | undefined
  let last = ''

  const hear = (word: Word) => {
    clearTimeout(deaf)
    deaf = setTimeout(() => { live.value = false }, DEAF_MS)
    live.value = true
    if (word.kind === 'event') { last = word.event.id || last; tell(word.event) }
  }
  const say = (word: Word) => { channel.postMessage(word); hear(word) }
  channel.addEventListener('message', ({ data }: MessageEvent<Word>) => { hear(data) })

  async function lead(): Promise<void> {
    for (let failures = 0; !stop.signal.aborted;) {
      try {
        await readEvents(last, stop.signal, () => { failures = 0; say({ kind: 'alive' }) }, (event) => { say({ kind: 'event', event }) })
      } catch (error) {
        failures += error instanceof StreamRefused && error.status === 404 ? 6 : 1
      }
      live.value = false
      await rest(pauseAfter(failures), stop.signal)
    }
  }
  locks.request(name, { signal: stop.signal }, lead).catch(() => undefined)

  onScopeDispose(() => {
    stop.abort()
    clearTimeout(deaf)
    channel.close()
  })
  return { live }
}
