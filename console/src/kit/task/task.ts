import type { Attempt, Task } from '@/api/gen'
import type { FlowNode } from '../flow/FlowLine.vue'
import { compare, format } from '../money'
import { lasting } from '../time'

type Translate = (key: string, named?: Record<string, unknown>, plural?: number) => string

/** Whether the task may still change by itself. */
export function isActive(task: Pick<Task, 'status'>): boolean {
  return task.status === 'pending' || task.status === 'processing'
}

/**
 * The image's address on our own origin, whatever host the API thinks it has: the console may be reached by another
 * name, and its policy loads images from nowhere else.
 */
export function imagePath(url: string, width?: RenditionWidth): string {
  const { pathname, searchParams } = new URL(url, 'http://console.invalid')
  if (width) searchParams.set('w', String(width))
  return `${pathname}?${searchParams.toString()}`
}

/** The widths the API makes smaller copies in, in pixels. */
export type RenditionWidth = 64 | 128 | 256 | 384 | 512 | 768 | 1024

/** Width to height of what the task makes, for a frame that does not jump: the image's own once it is there. */
export function ratioOf(task: Pick<Task, 'image' | 'params'>): string {
  if (task.image) return `${task.image.width} / ${task.image.height}`
  const [width, height] = task.params.aspect_ratio.split(':')
  return Number(width) > 0 && Number(height) > 0 ? `${width} / ${height}` : '1 / 1'
}

/** The attempt that ended last without an image, if there was one. */
export function lastFailure(task: Pick<Task, 'attempts'>): Attempt | undefined {
  return task.attempts.findLast((it) => it.state === 'failed' || it.state === 'unknown' || it.state === 'refused')
}

/** How long something took or takes, in milliseconds. */
export function took(from: string, to: string | undefined, now: number): number {
  return Math.max(0, (to ? Date.parse(to) : now) - Date.parse(from))
}

/** The part of the time until the deadline that has gone, between 0 and 1. */
export function spent(task: Pick<Task, 'created_at' | 'deadline'>, now: number): number {
  const whole = Date.parse(task.deadline) - Date.parse(task.created_at)
  return whole <= 0 ? 1 : Math.min(1, Math.max(0, (now - Date.parse(task.created_at)) / whole))
}

/** A task as its line: held, its attempts, the image, what it cost. It says of credits only what the API said. */
export function flowOf(task: Task, t: Translate, locale: string, now: number): FlowNode[] {
  const credits = (it: string) => format(it, locale)
  const held: FlowNode = { label: t('task.held'), value: credits(task.credits_held), state: 'done', credit: true }
  const calls = task.attempts.map<FlowNode>((it) => ({
    label: t('task.attempt', { no: it.no }),
    value: lasting(took(it.started_at, it.ended_at, now), locale),
    state: it.state === 'calling' ? 'now' : it.state === 'delivered' || it.state === 'surplus' ? 'done' : 'failed',
  }))
  // Several attempts would not fit a tile: the last two tell how it goes, and the task's page has them all.
  const shown = calls.slice(-2)
  if (isActive(task)) {
    const waits: FlowNode[] = task.status === 'pending' ? [{ label: t('task.waits'), state: 'now' }] : []
    return [held, ...shown, ...waits, { label: t('task.image'), state: 'ahead' }, { label: t('task.charge'), state: 'ahead', credit: true }]
  }
  if (task.status === 'completed' || task.status === 'refunded') {
    const charged: FlowNode = { label: t('task.charged'), state: 'done', credit: true, ...(task.credits_cost ? { value: credits(task.credits_cost) } : {}) }
    const returned: FlowNode[] = task.price && compare(task.price.returned, '0') > 0 ? [{ label: t('task.returned'), value: credits(task.price.returned), state: 'returned' }] : []
    return [held, ...shown, charged, ...returned]
  }
  // Nothing delivered: the whole hold went back.
  return [held, ...shown, { label: t('task.returned'), value: credits(task.credits_held), state: 'returned' }]
}

/** Where a task's inputs are used again: all of them, only the words, or only the seed. */
export function reuseLink(id: string, use: 'all' | 'prompt' | 'seed'): string {
  return `/generate?from=${id}&use=${use}`
}

/** The name a downloaded image gets: when, what, and which. */
export function fileName(task: Pick<Task, 'id' | 'prompt' | 'created_at' | 'params' | 'image'>): string {
  const words = task.prompt.toLowerCase().match(/[\p{L}\p{N}]+/gu)?.slice(0, 6).join('-').slice(0, 48) ?? 'image'
  const type = task.image?.content_type.split('/')[1] ?? task.params.output_format
  return `${task.created_at.slice(0, 10)}-${words}-${task.id.slice(-6)}.${type === 'jpeg' ? 'jpg' : type}`
}
