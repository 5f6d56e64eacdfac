import { describe, expect, it } from 'vitest'
import { percent, rate, units } from './units'

describe('units', () => {
  it.each([['10000', '10,000'], ['0.5', '0.5'], ['99876.543210', '99,876.54'], ['0', '0']])('%s reads %s', (text, shown) => {
    expect(units(text, 'en')).toBe(shown)
  })
})

describe('a rate', () => {
  it.each([['0.125', '12.5%'], ['0.1', '10%'], ['0.00125', '0.125%'], ['0.999', '99.9%'], ['0', '0%']])('%s reads %s', (text, shown) => {
    expect(rate(text, 'en')).toBe(shown)
  })
})

describe('percent', () => {
  it.each([[1, '100%'], [0.9999, '99.9%'], [0.995, '99.5%'], [0.984, '98%'], [0, '0%']])('%f reads %s', (share, shown) => {
    expect(percent(share, 'en')).toBe(shown)
  })
})
