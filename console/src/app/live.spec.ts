import { describe, expect, it } from 'vitest'
import { pauseAfter } from './live'

describe('coming back to a stream', () => {
  it('waits longer after each failure, up to a minute or so', () => {
    expect([0, 1, 3, 20].map((it) => pauseAfter(it, 0.5))).toEqual([1000, 2000, 8000, 60_000])
  })

  it('does not come with all tabs at once', () => {
    expect(pauseAfter(2, 0)).toBeLessThan(pauseAfter(2, 0.999))
  })
})
