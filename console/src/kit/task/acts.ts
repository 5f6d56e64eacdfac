import { cancelTask, submitImage, type Task, type TextToImage } from '@/api/gen'
import { compare } from '../money'
import { imagePath, fileName } from './task'

/**
 * The most an image may cost, as a request says it. The API takes no ceiling of zero; only one's own keys cost nothing,
 * so then those alone may serve, and the image still costs no more than was shown.
 */
export function atMost(credits: string): Pick<TextToImage, 'max_credits' | 'route'> {
  return compare(credits, '0') > 0 ? { max_credits: credits } : { route: 'own' }
}

/** The request that would make this task's image again, for at most what this one set aside. */
export function requestOf(task: Task): TextToImage {
  const { negative_prompt, aspect_ratio, seed, output_format, style_preset } = task.params
  return {
    prompt: task.prompt, model: task.requested_model, aspect_ratio, output_format, route: task.route, ...atMost(task.credits_held),
    ...(negative_prompt ? { negative_prompt } : {}),
    ...(seed === undefined ? {} : { seed }),
    ...(style_preset ? { style_preset } : {}),
  }
}

/** The same words with another seed, where the model took one; without a seed every image differs anyway. */
export function variationOf(task: Task, chance: () => number = Math.random): TextToImage {
  const request = requestOf(task)
  return task.params.seed === undefined && task.image?.seed === undefined ? request : { ...request, seed: Math.floor(chance() * 4_294_967_295) }
}

/** Submits once for each key, however often the answer is lost on the way. */
export async function submit(body: TextToImage, key: string): Promise<Task> {
  return (await submitImage({ body, headers: { 'Idempotency-Key': key }, throwOnError: true })).data
}

/** Asks for the task to end. What comes back says whether it has. */
export async function cancel(task: Pick<Task, 'id'>): Promise<Task> {
  return (await cancelTask({ path: { id: task.id }, throwOnError: true })).data
}

/** Saves the image under a name that says what it is. */
export function download(task: Task): void {
  if (!task.image_url) return
  const link = document.createElement('a')
  link.href = imagePath(task.image_url)
  link.download = fileName(task)
  link.click()
}
