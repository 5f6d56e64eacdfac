import { ref } from 'vue'
import { useStale } from '@/api/effects'
import { testResource, type ResourceTest } from '@/api/gen'
import { useAct } from '@/kit/act'

/** Asks the provider about a key, now. */
export function useTest(id: () => string) {
  const stale = useStale()
  const said = ref<ResourceTest>()
  const { busy, problem, run } = useAct()

  return {
    busy, said, problem,
    run: () => run(async () => {
      said.value = undefined
      said.value = (await testResource({ path: { id: id() }, throwOnError: true })).data
      await stale('resource')
    }),
  }
}
