import type { ResourceHealthSpell } from '@/api/gen'

/** A stretch of the band: from where to where, as shares of its width. */
export interface Stretch {
  spell: ResourceHealthSpell
  start: number
  width: number
}

/** How states look in the band; what is not here is unknown time. */
export const TONES: Readonly<Record<string, 'success' | 'info' | 'warning' | 'error' | 'secondary'>> = {
  ok: 'success', probing: 'info', cooling: 'warning', exhausted: 'warning', paused: 'secondary', disabled: 'error', error: 'error',
}

/** Lays spells out over a span of time that ends now, oldest first. Time before the first one stays empty. */
export function stretches(spells: readonly ResourceHealthSpell[], now: number, span: number): Stretch[] {
  const begin = now - span
  return spells
    .map((spell) => {
      const from = Math.max(begin, Date.parse(spell.from))
      const to = Math.min(now, spell.to ? Date.parse(spell.to) : now)
      return { spell, start: (from - begin) / span, width: Math.max(0, to - from) / span }
    })
    .filter((it) => it.width > 0)
    .sort((a, b) => a.start - b.start)
}

/** The share of the known time in which the key could be called. */
export function well(laid: readonly Stretch[]): number | undefined {
  const known = laid.reduce((sum, it) => sum + it.width, 0)
  if (known === 0) return undefined
  return laid.filter((it) => it.spell.state === 'ok' || it.spell.state === 'probing').reduce((sum, it) => sum + it.width, 0) / known
}
