import type { ImageFormat, Model, PresetParams, Route, Task, TextToImage } from '@/api/gen'
import { micros } from '@/kit/money'

/** What stands in the form. It survives a reload, and submitting does not clear it. */
export interface Draft {
  prompt: string
  negative: string
  /** A model's id, or `auto`. */
  model: string
  ratio: string
  style: string
  format: ImageFormat
  route: Route
  /** Empty for a seed of the provider's choice. */
  seed: string
  count: number
  /** Seconds the task may wait. */
  deadline: number
  /** The most an image may cost; empty for what the quote says. */
  ceiling: string
}

export const AUTO = 'auto'
export const COUNTS = [1, 2, 3, 4] as const
export const SEED_MAX = 4_294_967_294

export function emptyDraft(): Draft {
  return { prompt: '', negative: '', model: AUTO, ratio: '1:1', style: '', format: 'png', route: 'any', seed: '', count: 1, deadline: 300, ceiling: '' }
}

/** A draft that was kept; whatever of it is not what it should be is as in a new one. */
export function readDraft(text: string | undefined): Draft {
  const draft = emptyDraft()
  let kept: unknown
  try {
    kept = JSON.parse(text ?? '')
  } catch {
    return draft
  }
  if (typeof kept !== 'object' || kept === null) return draft
  const known = Object.entries(kept).filter(([name, value]) => name in draft && typeof value === typeof draft[name as keyof Draft])
  return { ...draft, ...Object.fromEntries(known) }
}

/** The seed as a number; undefined if none or no seed that providers take. */
export function seedOf(draft: Draft): number | undefined {
  if (!/^\d{1,10}$/.test(draft.seed)) return undefined
  const seed = Number(draft.seed)
  return seed <= SEED_MAX ? seed : undefined
}

/** The field that says something no request may: it is never sent as if it were empty. */
export function faultOf(draft: Draft): 'seed' | 'ceiling' | undefined {
  if (draft.seed !== '' && seedOf(draft) === undefined) return 'seed'
  return draft.ceiling !== '' && (micros(draft.ceiling) ?? 0n) <= 0n ? 'ceiling' : undefined
}

/** The ratios to choose from: the model's, or with `auto` those of any model. */
export function ratiosFor(model: string, models: readonly Model[]): string[] {
  const chosen = models.filter((it) => model === AUTO || it.id === model)
  return [...new Set(chosen.flatMap((it) => it.aspect_ratios))].sort((a, b) => proportion(a) - proportion(b))
}

/** Width divided by height; 1 for what cannot be read. */
export function proportion(ratio: string): number {
  const [width, height] = ratio.split(':').map(Number)
  return width && height ? width / height : 1
}

/** What the chosen model can: with `auto` whatever any can, for the exchange chooses one that fits. */
export interface Abilities {
  styles: string[]
  formats: string[]
  negative: boolean
  seed: boolean
  promptMax: number
  /** Languages it understands; empty if all models differ. */
  languages: string[]
}

export function abilities(model: string, models: readonly Model[]): Abilities {
  const chosen = models.filter((it) => model === AUTO || it.id === model)
  const all = (of: (it: Model) => string[]) => [...new Set(chosen.flatMap(of))]
  return {
    styles: all((it) => it.style_presets),
    formats: all((it) => it.output_formats),
    negative: chosen.some((it) => it.negative_prompt),
    seed: chosen.some((it) => it.seed),
    promptMax: Math.max(0, ...chosen.map((it) => it.prompt_max_chars)),
    languages: model === AUTO ? [] : all((it) => it.prompt_languages),
  }
}

/** The draft without what the chosen model cannot do, so that choosing another model never makes an impossible request. */
export function fitting(draft: Draft, models: readonly Model[]): Draft {
  if (models.length === 0) return draft
  const can = abilities(draft.model, models)
  const ratios = ratiosFor(draft.model, models)
  return {
    ...draft,
    ratio: ratios.includes(draft.ratio) || ratios.length === 0 ? draft.ratio : (ratios.find((it) => it === '1:1') ?? ratios[0] ?? draft.ratio),
    style: can.styles.includes(draft.style) ? draft.style : '',
    format: can.formats.includes(draft.format) || can.formats.length === 0 ? draft.format : ((can.formats[0] as ImageFormat | undefined) ?? draft.format),
    negative: can.negative ? draft.negative : '',
    seed: can.seed ? draft.seed : '',
  }
}

/** Whether the prompt has letters of a language the model does not list; only scripts that can be told apart. */
export function foreignTo(prompt: string, languages: readonly string[]): string | undefined {
  if (languages.length === 0) return undefined
  if (/\p{Script=Han}/u.test(prompt) && !languages.some((it) => it.startsWith('zh') || it.startsWith('ja'))) return 'zh'
  return undefined
}

/** The request for the n-th image of the form, counted from 0. */
export function requestFor(draft: Draft, n = 0): TextToImage {
  const seed = seedOf(draft)
  return {
    prompt: draft.prompt.trim(), model: draft.model, aspect_ratio: draft.ratio, output_format: draft.format, route: draft.route,
    deadline_seconds: draft.deadline,
    ...(draft.negative.trim() ? { negative_prompt: draft.negative.trim() } : {}),
    ...(draft.style ? { style_preset: draft.style } : {}),
    ...(draft.ceiling ? { max_credits: draft.ceiling } : {}),
    // Several images of one seed would be the same image.
    ...(seed === undefined ? {} : { seed: (seed + n) % (SEED_MAX + 1) }),
  }
}

/** A draft with the inputs of a task: all, only its words, or only its seed. */
export function reuse(draft: Draft, task: Task, use: string): Draft {
  const seed = task.image?.seed ?? task.params.seed
  const withSeed = seed === undefined ? {} : { seed: String(seed) }
  if (use === 'prompt') return { ...draft, prompt: task.prompt, negative: task.params.negative_prompt ?? '' }
  if (use === 'seed') return { ...draft, ...withSeed }
  return {
    ...draft, prompt: task.prompt, negative: task.params.negative_prompt ?? '', model: task.requested_model, ratio: task.params.aspect_ratio,
    style: task.params.style_preset ?? '', format: task.params.output_format, route: task.route, count: 1, seed: '', ...withSeed,
  }
}

/** What a preset keeps of the draft: what a submit would take, without how many. */
export function presetOf(draft: Draft): PresetParams {
  const { prompt, ...rest } = requestFor(draft)
  return prompt === '' ? rest : { prompt, ...rest }
}

/** The draft as a preset says. What the preset does not name is as usual, but the prompt stays if it has none. */
export function withPreset(draft: Draft, params: PresetParams): Draft {
  const usual = emptyDraft()
  return {
    prompt: params.prompt ?? draft.prompt,
    negative: params.negative_prompt ?? '',
    model: params.model ?? AUTO,
    ratio: params.aspect_ratio ?? usual.ratio,
    style: params.style_preset ?? '',
    format: params.output_format ?? usual.format,
    route: params.route ?? usual.route,
    seed: params.seed === undefined ? '' : String(params.seed),
    count: draft.count,
    deadline: params.deadline_seconds ?? usual.deadline,
    ceiling: params.max_credits ?? '',
  }
}
