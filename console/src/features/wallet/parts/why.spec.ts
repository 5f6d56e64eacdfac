import { describe, expect, it } from 'vitest'
import type { TransactionExplanation } from '@/api/gen'
import { whyLine } from './why'

const charge: TransactionExplanation = {
  transaction: { id: '1', type: 'consume', amount: '-1.35', balance_after: '8.65', description: '', created_at: '' },
  price: { per_unit: '0.45', units: '3', cost: '1.35' }, split: { owner: '1.215', platform: '0.135' }, held: '1.65', returned: '0.3',
  grants: [], skipped: [],
}
const t = (key: string) => key
const told = (it: TransactionExplanation) => whyLine(it, t, 'en').map((node) => `${node.label} ${node.value ?? ''}`)

describe('the why of a movement', () => {
  it('follows each credit to who has it', () => {
    expect(told(charge)).toEqual(['task.held 1.65', 'task.charged 1.35', 'wallet.owner_part 1.215', 'wallet.platform_part 0.135', 'task.returned 0.30'])
  })

  it('does not say that nothing came back', () => {
    expect(told({ ...charge, returned: '0' })).not.toContain('task.returned 0.00')
  })

  it('has no line where nobody was paid', () => {
    const { split: _, ...grant } = charge
    expect(told(grant)).toEqual([])
  })
})
