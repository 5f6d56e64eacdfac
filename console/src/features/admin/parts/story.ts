import type { Movement } from '@/api/gen'
import type { FlowNode } from '@/kit/flow/FlowLine.vue'
import { compare, format, sum } from '@/kit/money'

type Translate = (key: string) => string

/** Movements that give credits back, or take them away without an image. */
const RETURNS = new Set<string>(['refund', 'expire_returned', 'revoke_returned'])

/** All that moved, as a line: the oldest first. Where the platform kept a fee, the two parts follow what moved. */
export function storyLine(movements: readonly Movement[], t: Translate, locale: string): FlowNode[] {
  return [...movements].sort((a, b) => a.created_at.localeCompare(b.created_at) || Number(a.id) - Number(b.id)).flatMap((it) => {
    const account = (kind: string) => t(`admin.account.${kind}`)
    const whole: FlowNode = {
      label: t(`admin.journal.${it.kind}`), value: format(it.gross, locale), note: `${account(it.from.kind)} → ${account(it.to.kind)}`,
      state: RETURNS.has(it.kind) ? 'returned' : 'done', credit: true,
    }
    if (compare(it.fee, '0') === 0) return [whole]
    return [
      whole,
      { label: account(it.to.kind), value: format(it.net, locale), note: t('admin.col.net'), state: 'done' },
      { label: account('platform'), value: format(it.fee, locale), note: t('admin.col.fee'), state: 'done' },
    ]
  })
}

/** What moved in all, and whether each movement's gross is its net and fee together. */
export function totals(movements: readonly Movement[]): { gross: string; net: string; fee: string; fits: boolean } {
  const of = (key: 'gross' | 'net' | 'fee') => sum(movements.map((it) => it[key]))
  return {
    gross: of('gross'), net: of('net'), fee: of('fee'),
    fits: movements.every((it) => compare(it.gross, sum([it.net, it.fee])) === 0),
  }
}
