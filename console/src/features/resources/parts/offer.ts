import type { ProviderTerms, Resource, ResourceUpdate } from '@/api/gen'
import { amount, micros } from '@/kit/money'

/** What an owner offers, as it stands in the fields of the form: texts, so that half a number can be typed. */
export interface Offer {
  name: string
  price: string
  daily: string
  monthly: string
  concurrency: string
  rpm: string
}

/** What the API takes where the owner says nothing. */
export const DEFAULTS = { daily: '10000', monthly: '100000', concurrency: '4' } as const

/** An empty offer for a provider, at what one unit is worth. */
export function freshOffer(terms: ProviderTerms | undefined): Offer {
  return { name: terms?.display_name ?? '', price: plain(terms?.reference_price ?? ''), ...DEFAULTS, rpm: '' }
}

/** The offer of a resource that is hosted. */
export function offerOf(resource: Resource): Offer {
  return {
    name: resource.name,
    price: plain(resource.price_per_unit),
    daily: plain(resource.daily_limit),
    monthly: plain(resource.monthly_limit),
    concurrency: String(resource.concurrency_limit),
    rpm: String(resource.rpm_limit),
  }
}

/** An amount without zeros that say nothing. */
function plain(text: string): string {
  const count = micros(text)
  return count === undefined ? text : amount(count)
}

/** What is wrong with one field, by the key of its text; nothing if it is right. */
export type Faults = Partial<Record<keyof Offer, 'needed' | 'number' | 'whole' | 'too_high'>>

/** Checks what can be known here; the server checks it all again. */
export function faultsOf(offer: Offer, terms: ProviderTerms | undefined): Faults {
  const faults: Faults = {}
  if (offer.name.trim() === '') faults.name = 'needed'
  for (const field of ['price', 'daily', 'monthly'] as const) {
    const count = micros(offer[field])
    if (offer[field].trim() === '') faults[field] = 'needed'
    else if (count === undefined || count <= 0n) faults[field] = 'number'
  }
  const most = micros(terms?.price_max ?? '')
  const price = micros(offer.price)
  if (!faults.price && most !== undefined && price !== undefined && price > most) faults.price = 'too_high'
  if (!/^[1-9]\d{0,3}$/.test(offer.concurrency) || Number(offer.concurrency) > 1000) faults.concurrency = 'whole'
  if (offer.rpm.trim() !== '' && !/^[1-9]\d{0,6}$/.test(offer.rpm)) faults.rpm = 'whole'
  return faults
}

/** What an image of a model brings at a price: what the consumer pays, and what is left for the owner. */
export interface Share {
  model: string
  pays: string
  gets: string
}

/** One line for each model, in the order of the terms; none while the price is no number. */
export function shares(price: string, terms: ProviderTerms | undefined, commission: string): Share[] {
  const each = micros(price)
  const rate = micros(commission)
  if (each === undefined || each <= 0n || rate === undefined) return []
  const ONE = 1_000_000n
  return (terms?.models ?? []).flatMap((it) => {
    const units = micros(it.units_per_image)
    if (units === undefined) return []
    const cost = (each * units + ONE / 2n) / ONE
    const fee = (cost * rate + ONE / 2n) / ONE
    return [{ model: it.id, pays: amount(cost), gets: amount(cost - fee) }]
  })
}

/** The step of the wizard that a refusal belongs to: what has to be changed is there. */
export function stepOf(code: string, fields: readonly string[]): 1 | 2 | 3 {
  if (fields.some((it) => ['api_key', 'provider'].includes(it)) || ['resource.key_rejected', 'resource.key_in_use', 'resource.sanctioned'].includes(code)) return 1
  if (fields.includes('attestation')) return 3
  if (fields.length > 0 || ['resource.price_too_high', 'resource.serves_nothing'].includes(code)) return 2
  return 3
}

/** What to send to turn one offer into another: only what differs. An empty number of calls a minute is the provider's own. */
export function changesOf(before: Offer, after: Offer): ResourceUpdate {
  const changed = (field: keyof Offer) => before[field].trim() !== after[field].trim()
  return {
    ...(changed('name') ? { name: after.name.trim() } : {}),
    ...(changed('price') ? { price_per_unit: after.price.trim() } : {}),
    ...(changed('daily') ? { daily_limit: after.daily.trim() } : {}),
    ...(changed('monthly') ? { monthly_limit: after.monthly.trim() } : {}),
    ...(changed('concurrency') ? { concurrency_limit: Number(after.concurrency) } : {}),
    ...(changed('rpm') ? { rpm_limit: after.rpm.trim() === '' ? 0 : Number(after.rpm) } : {}),
  }
}

const ORDER = ['third_party_allowed', 'own_use_only', 'denied'] as const

/** The providers, those first whose keys can earn. */
export function inOrder(providers: readonly ProviderTerms[]): ProviderTerms[] {
  return [...providers].sort((a, b) => ORDER.indexOf(a.policy) - ORDER.indexOf(b.policy))
}
