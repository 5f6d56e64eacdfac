/** Puts a text on the clipboard, also where the page is not a secure context. */
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return copyBySelection(text)
  }
}

function copyBySelection(text: string): boolean {
  const field = document.createElement('textarea')
  field.value = text
  field.className = 'hidden'
  document.body.append(field)
  field.select()
  // Deprecated, and the only way on plain http.
  const done = document.execCommand('copy')
  field.remove()
  return done
}
