import type { Task } from '@/api/gen'
import { sum } from '@/kit/money'

/** As many tasks as are drawn or left out together. */
export const CHUNK = 40

/** A stretch of the list, with the day before each task that is the first of its day. */
export interface Chunk {
  first: number
  rows: { task: Task; day?: string }[]
}

/** The list in stretches that can be left out of the page while they are far away. Days are those of UTC. */
export function chunks(tasks: readonly Task[], size = CHUNK): Chunk[] {
  const all: Chunk[] = []
  let before = ''
  tasks.forEach((task, at) => {
    if (at % size === 0) all.push({ first: at, rows: [] })
    const day = task.created_at.slice(0, 10)
    all.at(-1)?.rows.push(day === before ? { task } : { task, day })
    before = day
  })
  return all
}

/** What tasks cost together. */
export function cost(tasks: readonly Task[]): string {
  return sum(tasks.flatMap((it) => (it.credits_cost ? [it.credits_cost] : [])))
}
