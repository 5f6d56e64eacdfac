import { authorized } from './authorized'
import { EventParser, type StreamEvent } from './sse'

/** Silence longer than this is a dead connection: the server says something every 15 s. */
const SILENCE_MS = 40_000

/**
 * Reads the person's events until the stream ends; it throws if it could not be opened. `from` is the id of the last event
 * that was seen, and `seen` is told of each piece that arrives, so that others know the stream is alive.
 */
export async function readEvents(from: string, signal: AbortSignal, seen: () => void, tell: (event: StreamEvent) => void): Promise<void> {
  const dead = new AbortController()
  const headers = { Accept: 'text/event-stream', ...(from ? { 'Last-Event-ID': from } : {}) }
  const response = await authorized('/api/events', { headers, signal: AbortSignal.any([signal, dead.signal]) })
  if (!response.ok || !response.body || !response.headers.get('Content-Type')?.startsWith('text/event-stream')) {
    throw new StreamRefused(response.status)
  }
  let timer: ReturnType<typeof setTimeout> | undefined
  const alive = () => {
    clearTimeout(timer)
    timer = setTimeout(() => { dead.abort() }, SILENCE_MS)
    seen()
  }
  alive()
  const parser = new EventParser()
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  try {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      alive()
      for (const event of parser.push(piece.value)) tell(event)
    }
  } finally {
    clearTimeout(timer)
    reader.cancel().catch(() => undefined)
  }
}

/** The server opens no stream for us now. */
export class StreamRefused extends Error {
  constructor(readonly status: number) {
    super(`no stream: ${String(status)}`)
  }
}
