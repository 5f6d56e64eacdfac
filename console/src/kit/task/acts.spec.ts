import { describe, expect, it } from 'vitest'
import type { Task } from '@/api/gen'
import { requestOf, variationOf } from './acts'

const task = (params: Partial<Task['params']>, image?: Task['image']): Task => ({
  id: '1', status: 'completed', requested_model: 'auto', model: 'stability/core', route: 'market', prompt: 'a fox', credits_held: '1.65',
  params: { aspect_ratio: '1:1', output_format: 'png', ...params }, attempts: [], favorite: false, hidden: false, created_at: '', deadline: '', ...(image ? { image } : {}),
})

describe('making an image again', () => {
  it('never costs more than the first one set aside', () => {
    expect(requestOf(task({}))).toEqual({
      prompt: 'a fox', model: 'auto', aspect_ratio: '1:1', output_format: 'png', route: 'market', max_credits: '1.65',
    })
  })

  it('names no ceiling of zero, which the API refuses, and then asks no key that costs', () => {
    const free = { ...task({}), route: 'any' as const, credits_held: '0' }
    expect(requestOf(free)).not.toHaveProperty('max_credits')
    expect(variationOf(free)).not.toHaveProperty('max_credits')
    expect(requestOf(free).route).toBe('own')
  })

  it('keeps seed zero, which is a seed', () => {
    expect(requestOf(task({ seed: 0 })).seed).toBe(0)
  })

  it('varies by another seed', () => {
    expect(variationOf(task({ seed: 7 }), () => 0.5).seed).toBe(2_147_483_647)
    expect(variationOf(task({}, { content_type: 'image/png', width: 1, height: 1, bytes: 1, seed: 3 }), () => 0).seed).toBe(0)
  })

  it('stays below the highest seed that providers take', () => {
    expect(variationOf(task({ seed: 7 }), () => 0.9999999999).seed).toBeLessThanOrEqual(4_294_967_294)
  })

  it('sends no seed to a model that may take none', () => {
    expect(variationOf(task({}), () => 0.5)).not.toHaveProperty('seed')
  })
})
