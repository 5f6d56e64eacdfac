import { describe, expect, it } from 'vitest'
import { amount, compare, format, isLow, micros, minus, share, sum, times } from './money'

describe('money', () => {
  it('adds tenths without losing one', () => {
    expect(sum(['0.1', '0.2', '0.000001'])).toBe('0.300001')
  })

  it('keeps amounts no number could hold', () => {
    expect(sum(['9007199254740993.000001', '1'])).toBe('9007199254740994.000001')
    expect(format('9007199254740993.000001', 'en')).toBe('9,007,199,254,740,993.000001')
  })

  it('writes amounts as the API does', () => {
    expect([amount(0n), amount(1n), amount(-1_500_000n), amount(20_000_000n)]).toEqual(['0', '0.000001', '-1.5', '20'])
  })

  it('knows what is no amount', () => {
    expect(['', '1.', '.5', '1e3', '0.1234567', 'NaN', '１'].map(micros)).toEqual(Array(7).fill(undefined))
    expect(() => sum(['1', 'one'])).toThrow(RangeError)
  })

  it('takes away below zero', () => {
    expect(minus('0.4', '1')).toBe('-0.6')
  })

  it('compares by value and not by text', () => {
    expect(compare('10', '9.5')).toBe(1)
    expect(compare('1.50', '1.5')).toBe(0)
    expect(compare('-1', '0')).toBe(-1)
  })

  it('multiplies prices by images', () => {
    expect(times('0.99', 4)).toBe('3.96')
  })

  it('shows at least two and at most six places', () => {
    expect(format('20', 'en')).toBe('20.00')
    expect(format('0.135001', 'en')).toBe('0.135001')
    expect(format('1234.5', 'zh-CN')).toBe('1,234.50')
  })

  it('signs what a ledger shows, but not zero', () => {
    expect(format('1.35', 'en', true)).toBe('+1.35')
    expect(format('-1.35', 'en', true)).toBe('-1.35')
    expect(format('0', 'en', true)).toBe('0.00')
  })

  it('keeps bars between nothing and all', () => {
    expect([share('1', '4'), share('5', '4'), share('-1', '4'), share('1', '0')]).toEqual([0.25, 1, 0, 0])
  })
})

describe('a low balance', () => {
  it('is one below what the person named, to the sixth place', () => {
    expect([isLow('4.999999', '5'), isLow('5', '5.0'), isLow('10', '9.5')]).toEqual([true, false, false])
  })

  it('is none for who named nothing', () => {
    expect([isLow('0', undefined), isLow(undefined, '5')]).toEqual([false, false])
  })
})
