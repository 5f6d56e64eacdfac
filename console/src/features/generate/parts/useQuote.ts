import { computed, onScopeDispose, ref, watch, type ComputedRef } from 'vue'
import { estimateImage, type Estimate, type TextToImage } from '@/api/gen'
import { asProblem, type Problem } from '@/api/problem'

const PAUSE_MS = 300

export interface Quote {
  /** What this very form costs; undefined while that is not known. */
  current: ComputedRef<Estimate | undefined>
  /** The newest quote there was, to be shown paler while the next one comes. */
  last: ComputedRef<Estimate | undefined>
  problem: ComputedRef<Problem | undefined>
  /** What the cheapest key asks, where the ceiling is below it. */
  needed: ComputedRef<string | undefined>
  again: () => void
}

/** Asks what a request costs, when it has not changed for a moment. An older question is dropped when a newer one comes. */
export function useQuote(request: () => TextToImage | undefined): Quote {
  const text = computed(() => JSON.stringify(request() ?? null))
  const answer = ref<{ of: string; quote?: Estimate; problem?: Problem; needed?: string }>()
  const shown = ref<Estimate>()
  let timer: ReturnType<typeof setTimeout> | undefined
  let asking: AbortController | undefined

  async function ask(of: string, body: TextToImage): Promise<void> {
    asking?.abort()
    const mine = new AbortController()
    asking = mine
    try {
      const { data } = await estimateImage({ body, signal: mine.signal, throwOnError: true })
      answer.value = { of, quote: data }
      shown.value = data
    } catch (error) {
      const problem = asProblem(error)
      if (mine.signal.aborted || !problem) return
      const needed = problem.code === 'generation.price_ceiling_too_low' ? await without(body, mine.signal) : undefined
      answer.value = { of, problem, ...(needed ? { needed } : {}) }
    }
  }

  /** What it would cost without the ceiling: what to allow. */
  async function without(body: TextToImage, signal: AbortSignal): Promise<string | undefined> {
    const { max_credits: _, ...open } = body
    try {
      return (await estimateImage({ body: open, signal, throwOnError: true })).data.max_credits
    } catch {
      return undefined
    }
  }

  function plan(delay: number): void {
    clearTimeout(timer)
    const body = request()
    if (body) timer = setTimeout(() => { void ask(text.value, body) }, delay)
    else asking?.abort()
  }
  watch(text, () => { plan(PAUSE_MS) }, { immediate: true })
  onScopeDispose(() => { clearTimeout(timer); asking?.abort() })

  const mine = computed(() => (answer.value?.of === text.value ? answer.value : undefined))
  return {
    current: computed(() => mine.value?.quote),
    last: computed(() => shown.value),
    problem: computed(() => mine.value?.problem),
    needed: computed(() => mine.value?.needed),
    again: () => { plan(0) },
  }
}
