import type { AdminModel, ImageFormat, ModelUpdate, NewModel } from '@/api/gen'
import { compare, micros, minus } from '@/kit/money'

/** A model as the form has it; lists are one text with commas. */
export interface ModelDraft {
  provider: string
  wire_name: string
  display_name: string
  units: string
  ratios: string
  formats: ImageFormat[]
  styles: string
  chars: string
  languages: string
  negative: boolean
  seed: boolean
  seconds: string
  enabled: boolean
}

export const FORMATS: ImageFormat[] = ['png', 'jpeg', 'webp']

export function draftOf(model: AdminModel | undefined): ModelDraft {
  return {
    provider: model?.provider ?? '', wire_name: model?.wire_name ?? '', display_name: model?.display_name ?? '', units: model?.units_per_image ?? '',
    ratios: (model?.aspect_ratios ?? ['1:1']).join(', '), formats: FORMATS.filter((it) => (model?.output_formats ?? ['png']).some((one) => one === it)),
    styles: (model?.style_presets ?? []).join(', '), chars: String(model?.prompt_max_chars ?? 10_000), languages: (model?.prompt_languages ?? ['en']).join(', '),
    negative: model?.negative_prompt ?? false, seed: model?.seed ?? true, seconds: String(model?.run_seconds_max ?? 60), enabled: model?.enabled ?? true,
  }
}

export const listed = (text: string) => text.split(/[,，]/).map((it) => it.trim()).filter((it) => it !== '')

/** The fields that are not yet what the API takes. */
export function faultsOf(draft: ModelDraft): (keyof ModelDraft)[] {
  const within = (text: string, most: number) => /^\d+$/.test(text.trim()) && Number(text) >= 1 && Number(text) <= most
  const bad: [keyof ModelDraft, boolean][] = [
    ['provider', draft.provider === ''], ['wire_name', draft.wire_name.trim() === ''], ['display_name', draft.display_name.trim() === ''],
    ['units', micros(draft.units) === undefined || compare(draft.units.trim(), '0') <= 0], ['ratios', !listed(draft.ratios).every((it) => /^\d+:\d+$/.test(it)) || listed(draft.ratios).length === 0],
    ['formats', draft.formats.length === 0], ['languages', listed(draft.languages).length === 0], ['chars', !within(draft.chars, 10_000)], ['seconds', !within(draft.seconds, 600)],
  ]
  return bad.filter(([, is]) => is).map(([name]) => name)
}

/** All that may be said of a model, without who it is. */
function body(draft: ModelDraft) {
  return {
    display_name: draft.display_name.trim(), units_per_image: draft.units.trim(), aspect_ratios: listed(draft.ratios), output_formats: draft.formats,
    style_presets: listed(draft.styles), prompt_max_chars: Number(draft.chars), prompt_languages: listed(draft.languages), negative_prompt: draft.negative,
    seed: draft.seed, run_seconds_max: Number(draft.seconds), enabled: draft.enabled,
  }
}

export function newOf(draft: ModelDraft, reason: string): NewModel {
  return { provider: draft.provider, wire_name: draft.wire_name.trim(), ...body(draft), reason }
}

/** Only what was changed is sent, so that the audit log tells no more than what happened. */
export function changesOf(model: AdminModel, draft: ModelDraft): Omit<ModelUpdate, 'reason'> {
  const before = body(draftOf(model))
  const after = body(draft)
  return Object.fromEntries(Object.entries(after).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name as keyof typeof before])))
}

/** What an image costs more (or, negative, less) at the reference price, once the units change; undefined while it stays. */
export function priceEffect(model: AdminModel, draft: ModelDraft, reference: string): { before: string; after: string; difference: string } | undefined {
  const units = micros(draft.units)
  const [was, price] = [micros(model.units_per_image), micros(reference)]
  if (units === undefined || was === undefined || price === undefined || units === was) return undefined
  const credits = (count: bigint) => `${(count * price / 1_000_000n) / 1_000_000n}.${String((count * price / 1_000_000n) % 1_000_000n).padStart(6, '0')}`
  return { before: credits(was), after: credits(units), difference: minus(credits(units), credits(was)) }
}
