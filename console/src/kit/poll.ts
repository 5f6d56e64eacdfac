import { onScopeDispose, watch } from 'vue'

/**
 * Does something every so often while the page can be seen. The pause is asked for anew each time, so what runs often
 * while something is under way rests when it is not; `undefined` rests until the answer changes. A hidden tab asks
 * nothing, and asks at once when it is looked at again.
 */
export function usePoll(act: () => Promise<unknown>, pause: () => number | undefined): void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let stopped = false

  function plan(): void {
    clearTimeout(timer)
    const ms = pause()
    if (stopped || ms === undefined || document.hidden) return
    timer = setTimeout(() => { void go() }, ms)
  }
  async function go(): Promise<void> {
    try {
      await act()
    } catch {
      // What failed says so where it is shown; the next turn tries again.
    }
    plan()
  }
  const look = () => { if (document.hidden) clearTimeout(timer); else void go() }

  document.addEventListener('visibilitychange', look)
  watch(pause, plan, { immediate: true })
  onScopeDispose(() => {
    stopped = true
    clearTimeout(timer)
    document.removeEventListener('visibilitychange', look)
  })
}
