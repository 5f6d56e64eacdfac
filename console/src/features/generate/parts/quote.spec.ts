import { describe, expect, it } from 'vitest'
import { emptyDraft } from './draft'
import { offer, requests } from './quote'

const quote = { model: 'stability/core', estimate: '0.9', max_credits: '0.99', resources: 2, resources_free: 1, reference_cost: '0.9' }

describe('the offer', () => {
  it('says what it should cost, what it may cost, and what is left then', () => {
    expect(offer(quote, '43.09', 1, false)).toEqual({ estimate: '0.9', each: '0.99', most: '0.99', left: '42.1' })
  })

  it('counts every image', () => {
    expect(offer(quote, '10', 4, false)).toEqual({ estimate: '3.6', each: '0.99', most: '3.96', left: '6.04' })
  })

  it('lowers the ceiling to what the wallet has, down to the estimate', () => {
    expect(offer(quote, '0.95', 1, false)).toEqual({ estimate: '0.9', each: '0.95', most: '0.95', left: '0' })
    expect(offer(quote, '0.9', 1, false)).toMatchObject({ each: '0.9', left: '0' })
    expect(offer(quote, '3.700003', 4, false)).toMatchObject({ each: '0.925', most: '3.7', left: '0.000003' })
  })

  it('says how much is missing for the estimate', () => {
    expect(offer(quote, '0.3', 1, false).short).toBe('0.6')
    expect(offer(quote, '0', 4, false).short).toBe('3.6')
  })

  it('never lowers a ceiling that was set', () => {
    expect(offer(quote, '0.95', 1, true)).toMatchObject({ each: '0.99', short: '0.04' })
  })
})

describe('the requests of the form', () => {
  it('say what one image may cost, each', () => {
    const sent = requests({ ...emptyDraft(), prompt: 'a fox', seed: '7', count: 2 }, { each: '0.99' })
    expect(sent.map((it) => [it.seed, it.max_credits, it.route])).toEqual([[7, '0.99', 'any'], [8, '0.99', 'any']])
  })

  it('name no ceiling where own keys cost nothing, for the API takes none of zero', () => {
    const free = { ...quote, estimate: '0', max_credits: '0' }
    const terms = offer(free, '0', 1, false)
    expect(terms).toMatchObject({ each: '0', most: '0' })
    expect(terms).not.toHaveProperty('short')
    const [sent] = requests({ ...emptyDraft(), prompt: 'a fox' }, terms)
    expect(sent).not.toHaveProperty('max_credits')
    expect(sent?.route).toBe('own')
  })
})
