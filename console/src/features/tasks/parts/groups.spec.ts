import { describe, expect, it } from 'vitest'
import type { Task } from '@/api/gen'
import { chunks, cost } from './groups'

const task = (id: string, created_at: string, credits_cost?: string): Task => ({
  id, status: 'completed', requested_model: 'auto', route: 'any', prompt: '', params: { aspect_ratio: '1:1', output_format: 'png' },
  credits_held: '1', attempts: [], favorite: false, hidden: false, created_at, deadline: '', ...(credits_cost ? { credits_cost } : {}),
})

describe('the history in stretches', () => {
  it('names each day once, across stretches too', () => {
    const list = ['2026-11-28T23:59:59Z', '2026-11-28T00:00:00Z', '2026-11-28T00:00:00Z', '2026-11-27T23:59:59Z']
    const days = chunks(list.map((at, n) => task(String(n), at)), 2).map((it) => it.rows.map((row) => row.day))
    expect(days).toEqual([['2026-11-28', undefined], [undefined, '2026-11-27']])
  })

  it('loses none', () => {
    const all = chunks(Array.from({ length: 95 }, (_, n) => task(String(n), '2026-11-28')))
    expect(all.map((it) => [it.first, it.rows.length])).toEqual([[0, 40], [40, 40], [80, 15]])
  })

  it('adds what was charged, and nothing else', () => {
    expect(cost([task('1', '', '0.1'), task('2', ''), task('3', '', '0.2')])).toBe('0.3')
    expect(cost([])).toBe('0')
  })
})
