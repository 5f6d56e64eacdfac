const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i

/** Whether a text is an id, which filters by id may be sent with. */
export function isId(text: string): boolean {
  return UUID.test(text)
}
