import { ref, type Ref } from 'vue'
import type { TextToImage } from '@/api/gen'
import { FormKey, randomId } from '@/api/idempotency'
import { useStale } from '@/api/effects'
import { asProblem, type Problem } from '@/api/problem'
import { useTaskWriter } from '@/app/running'
import { submit } from '@/kit/task/acts'

/** A request on its way: it has a tile from the first moment, and keeps its key until it is known what became of it. */
export interface Sending {
  id: string
  body: TextToImage
  key: FormKey
  problem?: Problem
}

/** Long enough that the second click of a double click finds the button busy, however fast the answer is. */
const DOUBLE_CLICK_MS = 600
const pause = (ms: number) => new Promise((done) => { setTimeout(done, ms) })

export function useSending(): {
  sending: Ref<Sending[]>; busy: Ref<boolean>
  send: (bodies: TextToImage[]) => Promise<void>; retry: (one: Sending) => Promise<void>; dismiss: (one: Sending) => void
} {
  const sending = ref<Sending[]>([]) as Ref<Sending[]>
  const busy = ref(false)
  const write = useTaskWriter()
  const stale = useStale()

  const dismiss = (one: Sending) => { sending.value = sending.value.filter((it) => it.id !== one.id) }
  const mark = (one: Sending, problem: Problem | undefined) => {
    sending.value = sending.value.map((it) => {
      if (it.id !== one.id) return it
      const { problem: _, ...clean } = it
      return problem ? { ...clean, problem } : clean
    })
  }

  async function go(one: Sending): Promise<void> {
    mark(one, undefined)
    try {
      write(await submit(one.body, one.key))
      dismiss(one)
    } catch (error) {
      mark(one, asProblem(error))
    }
  }

  async function send(bodies: TextToImage[]): Promise<void> {
    if (busy.value) return
    busy.value = true
    const mine = bodies.map<Sending>((body) => ({ id: randomId(), body, key: new FormKey() }))
    sending.value = [...mine, ...sending.value]
    // One after the other, so that they stand and wait in the order of their seeds.
    const all = (async () => { for (const one of mine) await go(one) })()
    await Promise.all([all, pause(DOUBLE_CLICK_MS)])
    busy.value = false
    await stale('task')
  }

  return { sending, busy, send, retry: go, dismiss }
}
