import { ref } from 'vue'
import { useStale } from '@/api/effects'
import { testResource, type ResourceTest } from '@/api/gen'
import { asProblem, type Problem } from '@/api/problem'

/** Asks the provider about a key, now. */
export function useTest(id: () => string) {
  const stale = useStale()
  const busy = ref(false)
  const said = ref<ResourceTest>()
  const problem = ref<Problem>()

  async function run(): Promise<void> {
    if (busy.value) return
    busy.value = true
    said.value = undefined
    problem.value = undefined
    try {
      said.value = (await testResource({ path: { id: id() }, throwOnError: true })).data
      await stale('resource')
    } catch (error) {
      problem.value = asProblem(error)
    } finally {
      busy.value = false
    }
  }
  return { busy, said, problem, run }
}
