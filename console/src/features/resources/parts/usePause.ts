import { reactive, ref } from 'vue'
import { useStale } from '@/api/effects'
import { setResourceStatus, type Resource } from '@/api/gen'
import { useAct } from '@/kit/act'

type Wish = 'active' | 'paused'

/** Pausing costs nothing and can be taken back, so it is shown before the server answers, and undone for five seconds. */
export function usePause() {
  const stale = useStale()
  const wishes = reactive(new Map<string, Wish>())
  /** What was just done, for the words that offer to undo it. */
  const done = ref<{ resource: Resource; status: Wish }>()
  const { problem, run, retry } = useAct({ beside: true })

  const set = (resource: Resource, status: Wish, tell: boolean) => run(async () => {
    wishes.set(resource.id, status)
    done.value = tell ? { resource, status } : undefined
    try {
      await setResourceStatus({ path: { id: resource.id }, body: { status }, throwOnError: true })
      await stale('resource')
    } catch (error) {
      done.value = undefined
      throw error
    } finally {
      wishes.delete(resource.id)
    }
  })

  return {
    done, problem, retry,
    /** The resource as the person wants it to be. */
    seen: (resource: Resource): Resource => {
      const status = wishes.get(resource.id)
      return status ? { ...resource, status } : resource
    },
    toggle: (resource: Resource) => set(resource, resource.status === 'paused' ? 'active' : 'paused', true),
    undo: async (): Promise<void> => {
      const last = done.value
      if (last) await set(last.resource, last.status === 'paused' ? 'active' : 'paused', false)
    },
    close: (): void => { done.value = undefined },
  }
}
