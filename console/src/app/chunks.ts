import type { Router } from 'vue-router'

/** What the browsers say when a part of the program cannot be loaded. */
const LOST = /dynamically imported module|Importing a module script failed|Unable to preload CSS/i

/** Whether a part of the program is not there any more, as after an update of the server. */
export function isLost(error: unknown): boolean {
  return error instanceof Error && LOST.test(error.message)
}

/** Where a tab keeps marks over a reload; none where the browser forbids it. */
export function tabStorage(): Storage | undefined {
  try {
    return sessionStorage
  } catch {
    return undefined
  }
}

/**
 * A page whose program is gone is loaded anew from the server, once: what is there now fits together. If that does not
 * help, the error stays an error, and nothing goes in circles.
 */
export function reloadLost(router: Router, marks: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | undefined, go: (path: string) => void): void {
  if (!marks) return
  const MARK = 'aetherflow.reloaded'
  router.onError((error, to) => {
    if (!isLost(error) || marks.getItem(MARK) === to.fullPath) return
    marks.setItem(MARK, to.fullPath)
    go(to.fullPath)
  })
  router.afterEach((_to, _from, failure) => { if (!failure) marks.removeItem(MARK) })
}
