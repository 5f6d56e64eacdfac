import { computed, ref, shallowRef, type Ref } from 'vue'
import { asProblem, type Problem } from '@/api/problem'

/**
 * An act of a person: busy until it is known what became of it, with the problem if it failed. While one is under way
 * no other begins, unless acts on many things may run `beside` each other. `run` says whether the act was done, and `retry` does the last one once more.
 */
export function useAct({ beside = false } = {}): {
  busy: Readonly<Ref<boolean>>; problem: Ref<Problem | undefined>
  run: (what: () => Promise<unknown>) => Promise<boolean>; retry: () => Promise<boolean>
} {
  const running = ref(0)
  const busy = computed(() => running.value > 0)
  const problem = shallowRef<Problem>()
  let last: () => Promise<unknown> = () => Promise.resolve()

  async function run(what: () => Promise<unknown>): Promise<boolean> {
    if (busy.value && !beside) return false
    running.value += 1
    problem.value = undefined
    last = what
    try {
      await what()
      return true
    } catch (error) {
      problem.value = asProblem(error)
      return false
    } finally {
      running.value -= 1
    }
  }
  return { busy, problem, run, retry: () => run(last) }
}
