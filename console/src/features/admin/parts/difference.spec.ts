import { expect, it } from 'vitest'
import { detailLines } from './difference'

it('puts what was and what became of it next to each other, and leaves out what stayed', () => {
  expect(detailLines({ before: { units: '3', name: 'Core' }, after: { units: '4', name: 'Core' } })).toEqual([{ name: 'units', before: '3', after: '4' }])
  expect(detailLines({ from: 'denied', to: 'own_use_only', reference_price_from: '1', reference_price_to: '2' })).toEqual([
    { name: '', before: 'denied', after: 'own_use_only' }, { name: 'reference_price', before: '1', after: '2' },
  ])
})
it('loses nothing that has no other half', () => {
  expect(detailLines({ amount: '5', from: 'x' })).toEqual([{ name: 'amount', after: '5' }, { name: 'from', after: 'x' }])
  expect(detailLines(null)).toEqual([])
})
