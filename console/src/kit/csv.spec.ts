import { describe, expect, it } from 'vitest'
import { cell, csv } from './csv'

describe('a table of text', () => {
  it('quotes what would break it', () => {
    expect(csv(['a', 'b'], [['1,5', 'say "hi"'], ['two\nlines', 'x']])).toBe('a,b\r\n"1,5","say ""hi"""\r\n"two\nlines",x\r\n')
  })

  it('never hands a formula to a spreadsheet', () => {
    expect(['=1+1', '+1', '@x', '-cmd', '\tx'].map(cell)).toEqual(["'=1+1", "'+1", "'@x", "'-cmd", "'\tx"])
  })

  it('leaves negative amounts numbers', () => {
    expect(cell('-1.35')).toBe('-1.35')
  })
})
