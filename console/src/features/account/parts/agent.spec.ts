import { describe, expect, it } from 'vitest'
import { program } from './agent'

describe('the program of a session', () => {
  it('is the browser and the system', () => {
    const edge = 'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari/537.36 Edg/156.0'
    const safari = 'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1 Version/19.0 Mobile/15E Safari/604.1'
    expect(program(edge)).toBe('Edge, Windows')
    expect(program(safari)).toBe('Safari, iOS')
  })

  it('is its first word for what is no browser', () => {
    expect(program('curl/8.14.1')).toBe('curl/8.14.1')
  })

  it('is unknown for who sends none', () => {
    expect(program(undefined)).toBeUndefined()
  })
})
