import { onScopeDispose, ref, type Ref } from 'vue'

const now = ref(Date.now())
let users = 0
let timer: ReturnType<typeof setInterval> | undefined

/** The time, once a second, while somebody on the page looks at it; it stands still in a hidden tab. */
export function useNow(): Readonly<Ref<number>> {
  if (users++ === 0) {
    now.value = Date.now()
    timer = setInterval(() => { if (!document.hidden) now.value = Date.now() }, 1000)
  }
  onScopeDispose(() => { if (--users === 0) clearInterval(timer) })
  return now
}
