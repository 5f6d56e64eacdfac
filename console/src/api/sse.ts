/** One event of a stream. */
export interface StreamEvent {
  id: string
  name: string
  data: string
}

/**
 * Takes a stream apart into events, whatever pieces it arrives in. An event ends with an empty line; what is cut off is
 * kept for the next piece, and never told half.
 */
export class EventParser {
  #rest = ''
  #id = ''
  #name = ''
  #data: string[] = []

  push(piece: string): StreamEvent[] {
    const lines = (this.#rest + piece).split(/\r\n|\n|\r(?!$)/)
    this.#rest = lines.pop() ?? ''
    return lines.flatMap((line) => this.#line(line))
  }

  #line(line: string): StreamEvent[] {
    if (line === '') return this.#end()
    const at = line.indexOf(':')
    const field = at < 0 ? line : line.slice(0, at)
    const value = at < 0 ? '' : line.slice(at + 1).replace(/^ /, '')
    if (field === 'id') this.#id = value
    else if (field === 'event') this.#name = value
    else if (field === 'data') this.#data.push(value)
    return []
  }

  #end(): StreamEvent[] {
    const event = { id: this.#id, name: this.#name, data: this.#data.join('\n') }
    const told = this.#data.length > 0
    this.#name = ''
    this.#data = []
    return told ? [event] : []
  }
}
