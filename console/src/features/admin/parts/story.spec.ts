import { expect, it } from 'vitest'
import type { Movement } from '@/api/gen'
import { storyLine, totals } from './story'

const movement = (id: string, kind: Movement['kind'], gross: string, net: string, fee: string): Movement => ({
  id, kind, reference: '0197', gross, net, fee, paid: '0', created_at: `2026-01-01T00:00:0${id}Z`,
  from: { id: '1', kind: 'wallet' }, to: { id: '2', kind: 'owner' },
})

it('adds up to the sixth place, and sees a movement whose parts are not its whole', () => {
  const good = [movement('1', 'settle', '1.000001', '0.9', '0.100001'), movement('2', 'refund', '0.3', '0.3', '0')]
  expect(totals(good)).toEqual({ gross: '1.300001', net: '1.2', fee: '0.100001', fits: true })
  expect(totals([movement('1', 'settle', '1', '0.9', '0.100001')]).fits).toBe(false)
})
it('tells the oldest first, the parts of a charge, and what came back as returned', () => {
  const line = storyLine([movement('2', 'refund', '1', '1', '0'), movement('1', 'settle', '1', '0.9', '0.1')], (key) => key, 'en')
  expect(line.map((it) => [it.label, it.value, it.state])).toEqual([
    ['admin.journal.settle', '1.00', 'done'], ['admin.account.owner', '0.90', 'done'], ['admin.account.platform', '0.10', 'done'],
    ['admin.journal.refund', '1.00', 'returned'],
  ])
})
