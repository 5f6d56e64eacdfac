import type { Attempt, Task } from '@/api/gen'

/** A stretch of a task's life, in milliseconds since it was submitted. */
export interface Stretch {
  from: number
  length: number
  /** The attempt that ran; without one, the task waited. */
  attempt?: Attempt
}

/** Waits shorter than this are the exchange passing the task on, and would only be noise. */
const NOTICED_MS = 50

/** The life of a task, stretch by stretch: between its attempts it waits. */
export function bars(task: Pick<Task, 'created_at' | 'completed_at' | 'attempts'>, now: number): Stretch[] {
  const start = Date.parse(task.created_at)
  const end = task.completed_at ? Date.parse(task.completed_at) : now
  const all: Stretch[] = []
  let at = start
  const wait = (until: number) => { if (until - at >= NOTICED_MS) all.push({ from: at - start, length: until - at }) }
  for (const attempt of task.attempts) {
    const from = Date.parse(attempt.started_at)
    const to = attempt.ended_at ? Date.parse(attempt.ended_at) : Math.max(now, from)
    wait(from)
    all.push({ from: from - start, length: to - from, attempt })
    at = Math.max(at, to)
  }
  if (task.attempts.at(-1)?.state !== 'delivered') wait(end)
  return all
}
