import { onMounted, onUnmounted, type Ref } from 'vue'

/** What a letter does with the tile that has the focus. */
export type TileKeys = Readonly<Record<string, (id: string) => void>>

const within = (target: EventTarget | null, places: string) => target instanceof HTMLElement && target.closest(places) !== null

/** A dialog or menu keeps its keys: what lies beneath it is not meant. */
export function isElsewhere(target: EventTarget | null): boolean {
  return within(target, '.v-overlay')
}

/** Inputs keep their letters too. */
export function isTyping(target: EventTarget | null): boolean {
  return isElsewhere(target) || within(target, 'input, textarea, select, [contenteditable], [role=menu]')
}

/** The tile an arrow leads to: neighbours in the row, or the nearest in the next one. */
export function neighbour(rects: readonly { x: number; y: number }[], from: number, key: string): number {
  if (key === 'ArrowRight') return Math.min(rects.length - 1, from + 1)
  if (key === 'ArrowLeft') return Math.max(0, from - 1)
  const here = rects[from]
  if (!here) return from
  const down = key === 'ArrowDown'
  let best = from
  let distance = Number.POSITIVE_INFINITY
  rects.forEach((it, at) => {
    const ahead = down ? it.y - here.y : here.y - it.y
    if (ahead <= 4) return
    const far = ahead * 4 + Math.abs(it.x - here.x)
    if (far < distance) { distance = far; best = at }
  })
  return best
}

/** Arrows, or j and k, move between the tiles of a wall, letters act on the one with the focus. Tiles carry `data-task`. */
export function useWallKeys(wall: Ref<HTMLElement | undefined>, keys: TileKeys): void {
  const tiles = () => [...(wall.value?.querySelectorAll<HTMLElement>('[data-task]') ?? [])]

  function onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
    const all = tiles()
    const at = all.findIndex((it) => it.contains(document.activeElement))
    if (at < 0) return
    const id = all[at]?.dataset.task ?? ''
    const key = event.key === 'j' ? 'ArrowRight' : event.key === 'k' ? 'ArrowLeft' : event.key
    if (key.startsWith('Arrow')) {
      const to = neighbour(all.map((it) => it.getBoundingClientRect()), at, key)
      all[to]?.focus()
    } else if (keys[event.key]) {
      // A key that is held asks for one thing, not for thirty a second.
      if (!event.repeat) keys[event.key]?.(id)
    } else {
      return
    }
    event.preventDefault()
  }
  onMounted(() => { document.addEventListener('keydown', onKey) })
  onUnmounted(() => { document.removeEventListener('keydown', onKey) })
}
