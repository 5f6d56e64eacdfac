import type { Movement } from '@/api/gen'
import type { FlowNode } from '@/kit/flow/FlowLine.vue'
import { compare, format, sum } from '@/kit/money'

type Translate = (key: string) => string

/** Movements that give credits back, or take them away without an image. */
const RETURNS = new Set<string>(['refund', 'expire_returned', 'revoke_returned'])

/** All that moved, as a line: the oldest first, each with where it went, the fee beside it. */
export function storyLine(movements: readonly Movement[], t: Translate, locale: string): FlowNode[] {
  return [...movements].sort((a, b) => a.created_at.localeCompare(b.created_at) || Number(a.id) - Number(b.id)).map((it) => ({
    label: t(`admin.journal.${it.kind}`),
    value: format(it.gross, locale),
    note: `${t(`admin.account.${it.from.kind}`)} → ${t(`admin.account.${it.to.kind}`)}`,
    state: RETURNS.has(it.kind) ? 'returned' : 'done',
    credit: true,
  }))
}

/** What moved in all, and whether each movement's gross is its net and fee together. */
export function totals(movements: readonly Movement[]): { gross: string; net: string; fee: string; fits: boolean } {
  const of = (key: 'gross' | 'net' | 'fee') => sum(movements.map((it) => it[key]))
  return {
    gross: of('gross'), net: of('net'), fee: of('fee'),
    fits: movements.every((it) => compare(it.gross, sum([it.net, it.fee])) === 0),
  }
}
