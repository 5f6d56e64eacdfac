import { shallowReactive } from 'vue'
import { markTask, type Task, type TaskMarks } from '@/api/gen'
import { useStale } from '@/api/effects'

/** Marks as the person just set them: shown at once, and until what was read before has been read again. */
const set = shallowReactive(new Map<string, TaskMarks>())
const SETTLED_MS = 10_000

type Marked = Pick<Task, 'id' | 'favorite' | 'hidden'>

export function isFavorite(task: Marked): boolean {
  return set.get(task.id)?.favorite ?? task.favorite
}

export function isHidden(task: Marked): boolean {
  return set.get(task.id)?.hidden ?? task.hidden
}

/** Marks change nothing of what a task costs, so they are shown before the answer; if it is a refusal they go back. */
export function useMarks(): (task: Marked, marks: TaskMarks) => Promise<void> {
  const stale = useStale()
  return async (task, marks) => {
    const before = set.get(task.id)
    const mine = { ...before, ...marks }
    set.set(task.id, mine)
    const forget = () => { if (set.get(task.id) === mine) set.delete(task.id) }
    try {
      await markTask({ path: { id: task.id }, body: marks, throwOnError: true })
      await stale('marks')
      setTimeout(forget, SETTLED_MS)
    } catch (error) {
      forget()
      throw error
    }
  }
}
