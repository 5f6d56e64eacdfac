import { describe, expect, it } from 'vitest'
import type { Attempt, Task } from '@/api/gen'
import { fileName, flowOf, imagePath, isActive, lastFailure, ratioOf, spent } from './task'

const NOW = Date.parse('2026-11-28T12:00:10Z')
const task = (changes: Partial<Task>): Task => ({
  id: '01938f3c-5d2e-7c1a-9b1e-0f6f7b1c2d3e', status: 'pending', requested_model: 'auto', route: 'any', prompt: 'A red fox, in Snow!',
  params: { aspect_ratio: '16:9', output_format: 'jpeg' }, credits_held: '1.65', attempts: [], favorite: false, hidden: false,
  created_at: '2026-11-28T12:00:00Z', deadline: '2026-11-28T12:05:00Z', ...changes,
})
const attempt = (no: number, state: Attempt['state']): Attempt => ({
  no, state, provider: 'stability', model: 'stability/core', started_at: '2026-11-28T12:00:05Z',
  ...(state === 'calling' ? {} : { ended_at: '2026-11-28T12:00:07Z' }),
})
const t = (key: string) => key
const labels = (it: Task) => flowOf(it, t, 'en', NOW).map((node) => `${node.label}:${node.state}${node.value ? `:${node.value}` : ''}`)

describe('a task', () => {
  it('is loaded from our own origin, whatever host the API names', () => {
    expect(imagePath('https://elsewhere.example/api/generate/task/1/image?token=a.b')).toBe('/api/generate/task/1/image?token=a.b')
    expect(imagePath('/api/x?token=c')).toBe('/api/x?token=c')
    expect(imagePath('/api/x?token=c', 384)).toBe('/api/x?token=c&w=384')
  })

  it('keeps the frame of the image before and after it comes', () => {
    expect(ratioOf(task({}))).toBe('16 / 9')
    expect(ratioOf(task({ image: { content_type: 'image/png', width: 1648, height: 928, bytes: 1 } }))).toBe('1648 / 928')
    expect(ratioOf(task({ params: { aspect_ratio: 'odd', output_format: 'png' } }))).toBe('1 / 1')
  })

  it('that waits has nothing behind it but its hold', () => {
    expect(labels(task({}))).toEqual(['task.held:done:1.65', 'task.waits:now', 'task.image:ahead', 'task.charge:ahead'])
  })

  it('tells its failed attempt while the next one runs', () => {
    expect(labels(task({ status: 'processing', attempts: [attempt(1, 'failed'), attempt(2, 'calling')] }))).toEqual([
      'task.held:done:1.65', 'task.attempt:failed:2 sec', 'task.attempt:now:5 sec', 'task.image:ahead', 'task.charge:ahead',
    ])
  })

  it('ends with what was charged and what came back', () => {
    const price = { units: '3', price_per_unit: '0.45', held: '1.65', charged: '1.35', returned: '0.3' }
    expect(labels(task({ status: 'completed', attempts: [attempt(1, 'delivered')], credits_cost: '1.35', price }))).toEqual([
      'task.held:done:1.65', 'task.attempt:done:2 sec', 'task.charged:done:1.35', 'task.returned:returned:0.30',
    ])
  })

  it('says nothing of a return where nothing came back', () => {
    const price = { units: '3', price_per_unit: '0.55', held: '1.65', charged: '1.65', returned: '0' }
    expect(labels(task({ status: 'completed', credits_cost: '1.65', price }))).toEqual(['task.held:done:1.65', 'task.charged:done:1.65'])
  })

  it('that failed gets its hold back and is charged nothing', () => {
    expect(labels(task({ status: 'failed', attempts: [attempt(1, 'refused')] }))).toEqual([
      'task.held:done:1.65', 'task.attempt:failed:2 sec', 'task.returned:returned:1.65',
    ])
  })

  it('names the attempt that failed last', () => {
    expect(lastFailure(task({ attempts: [attempt(1, 'failed'), attempt(2, 'unknown'), attempt(3, 'calling')] }))?.no).toBe(2)
    expect(lastFailure(task({}))).toBeUndefined()
  })

  it('has spent part of its time, and never more than all', () => {
    expect(spent(task({}), NOW)).toBeCloseTo(1 / 30)
    expect(spent(task({}), NOW + 3_600_000)).toBe(1)
  })

  it('is saved under its words', () => {
    expect(fileName(task({}))).toBe('2026-11-28-a-red-fox-in-snow-1c2d3e.jpg')
    expect(fileName(task({ prompt: '雪中的红狐' }))).toBe('2026-11-28-雪中的红狐-1c2d3e.jpg')
    expect(fileName(task({ prompt: '../../!' }))).toBe('2026-11-28-image-1c2d3e.jpg')
  })

  it('is active until it ends', () => {
    const words = ['pending', 'processing', 'completed', 'failed', 'canceled', 'refunded'] as const
    expect(words.filter((status) => isActive({ status }))).toEqual(['pending', 'processing'])
  })
})
