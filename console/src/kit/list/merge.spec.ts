import { describe, expect, it } from 'vitest'
import { merged, newer } from './merge'

const rows = (...ids: string[]) => ids.map((id) => ({ id, word: 'old' }))

describe('a list whose first page is read again', () => {
  it('keeps its rows in place and takes what is new about them', () => {
    const head = [{ id: 'c', word: 'new' }, { id: 'b', word: 'new' }]
    expect(merged(rows('b', 'a'), head)).toEqual([{ id: 'b', word: 'new' }, { id: 'a', word: 'old' }])
  })

  it('counts what came before its first row', () => {
    expect(newer(rows('b', 'a'), rows('d', 'c', 'b', 'a'))).toBe(2)
    expect(newer(rows('b', 'a'), rows('b', 'a'))).toBe(0)
    expect(newer(rows('a'), rows('z', 'y'))).toBe(2)
    expect(newer(rows(), rows())).toBe(0)
  })

  it('does not take a row that left for a new one', () => {
    expect(newer(rows('b', 'a'), rows('a'))).toBe(0)
  })
})
