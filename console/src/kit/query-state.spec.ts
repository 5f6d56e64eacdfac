import { describe, expect, it } from 'vitest'
import { single, withValues } from './query-state'

describe('the state in the address', () => {
  it('leaves out what is empty', () => {
    expect(withValues({ status: 'failed', model: 'a/b' }, { status: '' })).toEqual({ model: 'a/b' })
  })

  it('keeps what others wrote', () => {
    expect(withValues({ open: '1' }, { q: 'fox' })).toEqual({ open: '1', q: 'fox' })
  })

  it('takes the first of several', () => {
    expect([single(['a', 'b']), single(null), single(undefined), single([])]).toEqual(['a', '', '', ''])
  })
})
