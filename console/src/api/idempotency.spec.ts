import { describe, expect, it } from 'vitest'
import { FormKey, randomId } from './idempotency'

describe('the key of a form', () => {
  it('stays the same over retries', () => {
    const key = new FormKey()
    expect(key.of({ prompt: 'a fox' })).toBe(key.of({ prompt: 'a fox' }))
  })

  it('is another after an edit, and after success', () => {
    const key = new FormKey()
    const first = key.of({ prompt: 'a fox' })
    const edited = key.of({ prompt: 'a red fox' })
    key.done()
    expect(new Set([first, edited, key.of({ prompt: 'a red fox' })]).size).toBe(3)
  })

  it('fits the header', () => {
    expect(randomId()).toMatch(/^[0-9a-f]{32}$/)
  })
})
