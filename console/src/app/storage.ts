/** What a browser keeps between visits. Storage may be forbidden; then the page works and forgets. */
export function stored(name: string): string | undefined {
  try {
    return localStorage.getItem(`aetherflow.${name}`) ?? undefined
  } catch {
    return undefined
  }
}

/** Keeps a text, or forgets it. */
export function store(name: string, text: string | undefined): void {
  try {
    if (text === undefined) localStorage.removeItem(`aetherflow.${name}`)
    else localStorage.setItem(`aetherflow.${name}`, text)
  } catch {
    // Nothing is kept.
  }
}
