/** Targets of links stop below the bar. */
const BELOW_BAR_PX = 80
/** Until when what a link points at should have come, and for how long it is held in its place. */
const APPEARS_MS = 3_000
const HELD_MS = 2_000
/** What a person moves a page with. */
const HANDS = ['wheel', 'touchstart', 'pointerdown', 'keydown'] as const

/** What a hash names, once it is on the page; undefined if it does not come, or the person went on. */
async function appearing(hash: string): Promise<HTMLElement | undefined> {
  for (const end = Date.now() + APPEARS_MS; Date.now() < end;) {
    const found = document.getElementById(hash.slice(1))
    if (found) return found
    await new Promise((done) => { setTimeout(done, 50) })
    if (decodeURIComponent(location.hash) !== hash) return undefined
  }
  return undefined
}

/** Keeps an element below the bar while the page around it still grows, until the person moves the page. */
function hold(target: HTMLElement): void {
  const align = () => { scrollTo({ top: target.getBoundingClientRect().top + scrollY - BELOW_BAR_PX }) }
  const growth = new ResizeObserver(align)
  const stop = () => {
    growth.disconnect()
    for (const it of HANDS) removeEventListener(it, stop)
  }
  for (const it of HANDS) addEventListener(it, stop, { passive: true })
  setTimeout(stop, HELD_MS)
  align()
  for (let around = target.parentElement; around; around = around.parentElement) growth.observe(around)
}

/** Shows what a hash names as soon as it is there; says whether it came. */
export async function show(hash: string): Promise<boolean> {
  const target = await appearing(hash)
  if (target) hold(target)
  return target !== undefined
}
