import type { Estimate, TextToImage } from '@/api/gen'
import { compare, minus, times } from '@/kit/money'
import { atMost } from '@/kit/task/acts'
import { requestFor, type Draft } from './draft'

/** What the form costs, as it is told before the button is pressed. */
export interface Offer {
  /** What all images should cost. */
  estimate: string
  /** What one image may cost at the most; it is sent along, so the shown ceiling is the real one. */
  each: string
  /** What all images may cost at the most. */
  most: string
  /** What the wallet has left if it comes to that. */
  left: string
  /** What the wallet lacks for the estimate; absent if it is enough. */
  short?: string
}

/** Millionths are the least there is; a ceiling is never rounded up. */
function part(whole: string, count: number): string {
  const [integer = '0', fraction = ''] = whole.split('.')
  const micros = BigInt(integer) * 1_000_000n + BigInt(fraction.padEnd(6, '0'))
  const each = micros / BigInt(count)
  return `${each / 1_000_000n}.${(each % 1_000_000n).toString().padStart(6, '0')}`.replace(/\.?0+$/, '')
}

/**
 * The offer for so many images. A wallet that has the estimate but not the margin still can: the ceiling is then what
 * it has, as the API does for one image. A ceiling the person set is never lowered.
 */
export function offer(quote: Estimate, available: string, count: number, ceilingIsSet: boolean): Offer {
  const estimate = times(quote.estimate, count)
  const wanted = times(quote.max_credits, count)
  const enough = compare(available, wanted) >= 0
  const canTight = !ceilingIsSet && compare(available, estimate) >= 0
  const each = enough || !canTight ? quote.max_credits : part(available, count)
  const most = times(each, count)
  const need = ceilingIsSet ? wanted : estimate
  return {
    estimate, each, most,
    left: minus(available, most),
    ...(enough || canTight ? {} : { short: minus(need, available) }),
  }
}

/** The requests of the form: so many images, each for at most what the offer says. */
export function requests(draft: Draft, terms: Pick<Offer, 'each'>): TextToImage[] {
  return Array.from({ length: draft.count }, (_, n) => ({ ...requestFor(draft, n), ...atMost(terms.each) }))
}
