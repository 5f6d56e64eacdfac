import { downloadImage, type Task } from '@/api/gen'
import { fileName } from '@/kit/task/task'

/** The most images of one archive: it is made in the memory of the page. */
export const ZIP_MAX = 200

/** What an archive says about each of its images, so that they can be made again. */
export function metadata(tasks: readonly Task[]): string {
  return JSON.stringify(tasks.map((it) => ({
    file: fileName(it), id: it.id, prompt: it.prompt, ...it.params, seed: it.image?.seed ?? it.params.seed, model: it.model ?? it.requested_model,
    width: it.image?.width, height: it.image?.height, credits_cost: it.credits_cost, created_at: it.created_at,
  })), null, 2)
}

async function bytes(id: string, signal: AbortSignal): Promise<Uint8Array> {
  const { data } = await downloadImage({ path: { id }, parseAs: 'blob', signal, throwOnError: true })
  return new Uint8Array(await (data as unknown as Blob).arrayBuffer())
}

/** Packs the images, four at a time, and says how far it is. Images are compressed already; the archive only holds them. */
export async function pack(tasks: readonly Task[], signal: AbortSignal, progress: (done: number) => void): Promise<Blob> {
  const { zip, strToU8 } = await import('fflate')
  const files: Record<string, [Uint8Array, { level: 0 }]> = { 'metadata.json': [strToU8(metadata(tasks)), { level: 0 }] }
  const rest = [...tasks]
  let done = 0
  const lane = async () => {
    for (let task = rest.shift(); task; task = rest.shift()) {
      files[fileName(task)] = [await bytes(task.id, signal), { level: 0 }]
      progress(++done)
    }
  }
  await Promise.all([lane(), lane(), lane(), lane()])
  const archive = await new Promise<Uint8Array>((resolve, reject) => {
    zip(files, { consume: true }, (error, data) => { if (error) reject(error); else resolve(data) })
  })
  return new Blob([archive as BlobPart], { type: 'application/zip' })
}
