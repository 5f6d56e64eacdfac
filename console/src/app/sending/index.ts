import { defineStore } from 'pinia'
import { watch } from 'vue'
import type { Task, TextToImage } from '@/api/gen'
import { useStale } from '@/api/effects'
import { submit } from '@/kit/task/acts'
import { useTaskWriter } from '../running'
import { useSession } from '../session'
import { sendingLine } from './line'

export type { Sending } from './line'

const DOUBLE_CLICK_MS = 600

/** The act of the form, and of what makes another image of a task. */
export const FORM = 'form'
export const again = (task: Pick<Task, 'id'>) => `task:${task.id}`

/**
 * Every request for images there is on its way, whichever page it was asked on: leaving the page loses none, and what
 * failed stays until it was sent again or closed. Nobody inherits those of another person.
 */
export const useSending = defineStore('sending', () => {
  const session = useSession()
  const write = useTaskWriter()
  const stale = useStale()
  const line = sendingLine({
    submit,
    accepted: write,
    ended: () => stale('task'),
    pause: () => new Promise((done) => { setTimeout(done, DOUBLE_CLICK_MS) }),
  })
  watch(() => session.user?.id, (_, before) => { if (before !== undefined) line.clear() })

  return {
    ...line,
    /** Makes another image of a task. */
    make: (task: Task, body: TextToImage) => line.send(again(task), [body]),
  }
})
