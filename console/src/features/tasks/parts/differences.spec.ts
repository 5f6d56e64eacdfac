import { describe, expect, it } from 'vitest'
import type { Task } from '@/api/gen'
import { differences, idsOf } from './differences'

const task = (changes: Partial<Task>): Task => ({
  id: '1', status: 'completed', requested_model: 'auto', route: 'any', prompt: 'a fox', params: { aspect_ratio: '1:1', output_format: 'png', seed: 0 },
  credits_held: '1', attempts: [], favorite: false, hidden: false, created_at: '', deadline: '', ...changes,
})

describe('comparing', () => {
  it('marks what differs and leaves out what nobody has', () => {
    const found = differences([task({}), task({ params: { aspect_ratio: '16:9', output_format: 'png', seed: 0 } })])
    expect(found.map((it) => [it.fact, it.differs])).toEqual([
      ['prompt', false], ['model', false], ['ratio', true], ['seed', false], ['format', false],
    ])
  })

  it('names the model that made it, not the wish', () => {
    const [, model] = differences([task({ model: 'stability/core' })])
    expect(model?.values).toEqual(['stability/core'])
  })

  it('takes a few ids, each once', () => {
    expect(idsOf('a, b,,a,c,d,e', 4)).toEqual(['a', 'b', 'c', 'd'])
    expect(idsOf('', 4)).toEqual([])
  })
})
