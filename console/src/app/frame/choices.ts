/** A line of the palette. */
export interface Choice {
  words: string
  group: string
  icon: string
  to: string
}

/** What an id could be, and where that leads. */
export interface IdChoice {
  words: string
  icon: string
  to(id: string): string
}

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i

/** Whether each letter of `typed` is in `words`, in order; how close together says how well it fits (less is better). */
function fit(typed: string, words: string): number | undefined {
  const text = words.toLowerCase()
  const whole = text.indexOf(typed)
  if (whole >= 0) return whole
  let from = 0
  let gaps = 0
  for (const letter of typed) {
    const at = text.indexOf(letter, from)
    if (at < 0) return undefined
    gaps += at - from
    from = at + 1
  }
  return 100 + gaps
}

/** What fits what was typed, best first. An id is looked up as everything it could be. */
export function matches(typed: string, choices: readonly Choice[], ids: readonly IdChoice[], idGroup: string): Choice[] {
  const text = typed.trim().toLowerCase()
  if (UUID.test(text)) return ids.map((it) => ({ words: it.words, group: idGroup, icon: it.icon, to: it.to(text) }))
  if (text === '') return [...choices]
  return choices
    .map((choice) => ({ choice, fit: fit(text, choice.words) }))
    .filter((it): it is { choice: Choice; fit: number } => it.fit !== undefined)
    .sort((a, b) => a.fit - b.fit)
    .map((it) => it.choice)
}
