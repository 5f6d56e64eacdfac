import { describe, expect, it } from 'vitest'
import type { ProviderTerms } from '@/api/gen'
import { changesOf, faultsOf, freshOffer, inOrder, shares, stepOf } from './offer'

const terms: ProviderTerms = {
  id: 'stability', display_name: 'Stability AI', policy: 'third_party_allowed', reference_price: '0.500000', price_max: '2.5',
  unit: 'credit', models: [{ id: 'core', units_per_image: '3' }, { id: 'ultra', units_per_image: '8' }],
}

describe('shares', () => {
  it('is what the consumer pays, and the rest after the commission', () => {
    expect(shares('0.45', terms, '0.1')).toEqual([
      { model: 'core', pays: '1.35', gets: '1.215' },
      { model: 'ultra', pays: '3.6', gets: '3.24' },
    ])
  })

  it('is exact to a millionth, and never more than was paid', () => {
    const [core] = shares('0.333333', terms, '0.15')
    expect(core).toEqual({ model: 'core', pays: '0.999999', gets: '0.849999' })
  })

  it.each(['', 'x', '0', '-1', '1.0000001'])('says nothing of the price %o', (price) => {
    expect(shares(price, terms, '0.1')).toEqual([])
  })
})

describe('faultsOf', () => {
  const good = freshOffer(terms)

  it('accepts what a fresh offer proposes', () => {
    expect(good.price).toBe('0.5')
    expect(faultsOf(good, terms)).toEqual({})
  })

  it.each([
    [{ name: ' ' }, { name: 'needed' }],
    [{ price: '' }, { price: 'needed' }],
    [{ price: '1,5' }, { price: 'number' }],
    [{ price: '0' }, { price: 'number' }],
    [{ price: '2.500001' }, { price: 'too_high' }],
    [{ daily: '-1' }, { daily: 'number' }],
    [{ concurrency: '0' }, { concurrency: 'whole' }],
    [{ concurrency: '1001' }, { concurrency: 'whole' }],
    [{ rpm: '1.5' }, { rpm: 'whole' }],
  ] as const)('finds in %o the fault %o', (change, faults) => {
    expect(faultsOf({ ...good, ...change }, terms)).toEqual(faults)
  })
})

describe('stepOf', () => {
  it.each([
    ['resource.key_rejected', [], 1],
    ['resource.key_in_use', [], 1],
    ['request.invalid', ['api_key'], 1],
    ['resource.price_too_high', ['price_per_unit'], 2],
    ['resource.serves_nothing', ['daily_limit'], 2],
    ['request.invalid', ['name'], 2],
    ['request.invalid', ['attestation'], 3],
    ['resource.provider_unreachable', [], 3],
  ] as const)('leads %s about %o to step %i', (code, fields, step) => {
    expect(stepOf(code, fields)).toBe(step)
  })
})

describe('changesOf', () => {
  const before = freshOffer(terms)

  it('sends nothing when nothing was changed', () => {
    expect(changesOf(before, { ...before, name: ` ${before.name} ` })).toEqual({})
  })

  it('sends only what was changed, in the form of the API', () => {
    expect(changesOf(before, { ...before, price: '0.7', concurrency: '9' })).toEqual({ price_per_unit: '0.7', concurrency_limit: 9 })
  })

  it('goes back to the limit of the provider with a zero', () => {
    expect(changesOf({ ...before, rpm: '60' }, { ...before, rpm: '' })).toEqual({ rpm_limit: 0 })
  })
})

describe('inOrder', () => {
  it('puts those first whose keys can earn, and last those that nobody may host', () => {
    const policies = (['denied', 'own_use_only', 'third_party_allowed'] as const).map((policy) => ({ ...terms, policy }))
    expect(inOrder(policies).map((it) => it.policy)).toEqual(['third_party_allowed', 'own_use_only', 'denied'])
  })
})
