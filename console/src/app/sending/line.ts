import { ref, shallowReactive, type Ref } from 'vue'
import type { Task, TextToImage } from '@/api/gen'
import { randomId } from '@/api/idempotency'
import { asProblem, Problem } from '@/api/problem'

/** A request on its way: it keeps its body and its key until it is known what became of it, so a retry never buys twice. */
export interface Sending {
  id: string
  /** What was pressed: the form, or what makes another of a task. */
  act: string
  body: TextToImage
  key: string
  problem?: Problem
}

/** What the line needs of the world. */
export interface Ports {
  submit(body: TextToImage, key: string): Promise<Task>
  accepted(task: Task): void
  /** A batch has ended, well or not. */
  ended(): Promise<unknown>
  /** Long enough that the second click of a double click finds the act busy, however fast the answer is. */
  pause(): Promise<unknown>
}

export interface Line {
  /** What is under way or failed, newest first. */
  list: Ref<Sending[]>
  isBusy(act: string): boolean
  /** Sends the bodies after what was begun before; the tasks they became. The same act does not begin while it is busy. */
  send(act: string, bodies: readonly TextToImage[]): Promise<Task[]>
  /** Sends what failed once more: the same body, with the same key. */
  retry(one: Sending): Promise<Task | undefined>
  dismiss(one: Sending): void
  /** Forgets everything; what still waits is never sent. */
  clear(): void
}

/** Requests stand in one line, so that they are accepted in the order they were asked for. */
export function sendingLine(ports: Ports): Line {
  const list = ref<Sending[]>([]) as Ref<Sending[]>
  const acts = shallowReactive(new Set<string>())
  let last: Promise<unknown> = Promise.resolve()
  let era = 0

  const dismiss = (one: Sending) => { list.value = list.value.filter((it) => it.id !== one.id) }
  function mark(one: Sending, problem: Problem | undefined): void {
    list.value = list.value.map((it) => {
      if (it.id !== one.id) return it
      const { problem: _, ...clean } = it
      return problem ? { ...clean, problem } : clean
    })
  }

  async function go(one: Sending, mine: number): Promise<Task | undefined> {
    if (mine !== era) return undefined
    try {
      const task = await ports.submit(one.body, one.key)
      if (mine !== era) return undefined
      dismiss(one)
      ports.accepted(task)
      return task
    } catch (error) {
      if (mine === era) mark(one, asProblem(error) ?? new Problem('offline', {}))
      return undefined
    }
  }

  async function begin(act: string, ones: readonly Sending[]): Promise<Task[]> {
    const mine = era
    acts.add(act)
    const all = last.then(async () => {
      const tasks: Task[] = []
      for (const one of ones) {
        const task = await go(one, mine)
        if (task) tasks.push(task)
      }
      return tasks
    })
    last = all
    const [tasks] = await Promise.all([all, ports.pause()])
    if (mine !== era) return []
    acts.delete(act)
    await ports.ended()
    return tasks
  }

  return {
    list, dismiss,
    isBusy: (act) => acts.has(act),
    async send(act, bodies) {
      if (acts.has(act)) return []
      const ones = bodies.map<Sending>((body) => ({ id: randomId(), act, body, key: randomId() }))
      list.value = [...ones, ...list.value]
      return begin(act, ones)
    },
    async retry(one) {
      const failed = list.value.find((it) => it.id === one.id && it.problem !== undefined)
      if (!failed) return undefined
      mark(failed, undefined)
      return (await begin(`retry:${failed.id}`, [failed]))[0]
    },
    clear() {
      era += 1
      acts.clear()
      list.value = []
    },
  }
}
