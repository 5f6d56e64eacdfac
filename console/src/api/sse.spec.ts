import { describe, expect, it } from 'vitest'
import { EventParser } from './sse'

const STREAM = 'retry: 2000\n\n: still here\n\nid: 1-a\nevent: task.completed\ndata: {"id":"a"}\n\nid: 2-b\nevent: balance\ndata: {\ndata: }\n\n'
const told = (pieces: string[]) => {
  const parser = new EventParser()
  return pieces.flatMap((it) => parser.push(it))
}

describe('a stream of events', () => {
  it('is read event by event, without comments', () => {
    expect(told([STREAM])).toEqual([
      { id: '1-a', name: 'task.completed', data: '{"id":"a"}' },
      { id: '2-b', name: 'balance', data: '{\n}' },
    ])
  })

  it('is the same in whatever pieces it comes', () => {
    for (let at = 1; at < STREAM.length; at++) expect(told([STREAM.slice(0, at), STREAM.slice(at)]), String(at)).toEqual(told([STREAM]))
    expect(told([...STREAM])).toEqual(told([STREAM]))
  })

  it('tells no half event', () => {
    expect(told(['id: 3\nevent: balance\ndata: {}\n'])).toEqual([])
  })
})
