import { expect, it } from 'vitest'
import { actsOf } from './jobs'

it('offers to settle only what is parked, and to cancel only what nobody canceled', () => {
  expect(actsOf({ state: 'parked' })).toEqual(['retry', 'pay', 'release'])
  expect(actsOf({ state: 'waiting' })).toEqual(['cancel'])
  expect(actsOf({ state: 'running', cancel_requested: true })).toEqual([])
})
