/** A random id; `crypto.randomUUID` exists only in secure contexts, and the console also lives on plain http. */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/**
 * The `Idempotency-Key` of one form: the same over retries of the same content, a new one after success or an edit.
 * So a lost answer never buys twice, and a second click on changed content is a new act.
 */
export class FormKey {
  #key = ''
  #content = ''

  /** The key to send this content with. */
  of(content: unknown): string {
    const written = JSON.stringify(content)
    if (this.#key === '' || written !== this.#content) {
      this.#key = randomId()
      this.#content = written
    }
    return this.#key
  }

  /** The act succeeded: the next one is another. */
  done(): void {
    this.#key = ''
  }
}
