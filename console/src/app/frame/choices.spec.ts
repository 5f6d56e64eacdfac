import { describe, expect, it } from 'vitest'
import { matches, type Choice } from './choices'

const choice = (words: string): Choice => ({ words, group: 'Pages', icon: '', to: `/${words}` })
const pages = ['Generate', 'History', 'Wallet', 'Audit log'].map(choice)
const ids = [{ words: 'Task', icon: '', to: (id: string) => `/tasks/${id}` }]
const words = (typed: string) => matches(typed, pages, ids, 'By id').map((it) => it.words)

describe('the palette', () => {
  it('shows everything before anything is typed', () => {
    expect(words(' ')).toHaveLength(4)
  })

  it('puts whole words before scattered letters', () => {
    expect(words('al')).toEqual(['Wallet', 'Audit log'])
  })

  it('finds letters in order, and nothing else', () => {
    expect(words('hsy')).toEqual(['History'])
    expect(words('xyz')).toEqual([])
  })

  it('leads an id to what it could be', () => {
    const id = '01938f3c-5d2e-7c1a-9b1e-0f6f7b1c2d3e'
    expect(matches(` ${id.toUpperCase()} `, pages, ids, 'By id')).toEqual([
      { words: 'Task', group: 'By id', icon: '', to: `/tasks/${id}` },
    ])
  })
})
