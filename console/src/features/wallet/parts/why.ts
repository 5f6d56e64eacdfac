import type { TransactionExplanation } from '@/api/gen'
import type { FlowNode } from '@/kit/flow/FlowLine.vue'
import { compare, format } from '@/kit/money'

type Translate = (key: string) => string

/** A movement as its line, in the words of the ledger: held, charged, and whose each part is; the rest came back. */
export function whyLine(it: TransactionExplanation, t: Translate, locale: string): FlowNode[] {
  if (!it.split || !it.price) return []
  const credits = (amount: string) => format(amount, locale)
  const nodes: FlowNode[] = [
    ...(it.held === undefined ? [] : [{ label: t('task.held'), value: credits(it.held), state: 'done' as const, credit: true }]),
    { label: t('task.charged'), value: credits(it.price.cost), state: 'done', credit: true },
    { label: t('wallet.owner_part'), value: credits(it.split.owner), state: 'done' },
    { label: t('wallet.platform_part'), value: credits(it.split.platform), state: 'done' },
  ]
  if (it.returned !== undefined && compare(it.returned, '0') > 0) nodes.push({ label: t('task.returned'), value: credits(it.returned), state: 'returned' })
  return nodes
}
