import { describe, expect, it } from 'vitest'
import type { Model, Task } from '@/api/gen'
import { abilities, emptyDraft, faultOf, fitting, foreignTo, presetOf, ratiosFor, readDraft, requestFor, reuse, SEED_MAX, seedOf, withPreset } from './draft'

const model = (id: string, changes: Partial<Model> = {}): Model => ({
  id, provider: id.split('/')[0] ?? '', display_name: id, aspect_ratios: ['1:1', '16:9', '9:16'], output_formats: ['png', 'jpeg'],
  style_presets: [], negative_prompt: false, seed: false, prompt_max_chars: 1000, prompt_languages: ['en'], units_per_image: '3', available: true, ...changes,
})
const models = [
  model('stability/core', { style_presets: ['anime'], negative_prompt: true, seed: true, prompt_max_chars: 10_000 }),
  model('openai/gpt-image', { aspect_ratios: ['1:1', '3:2'], output_formats: ['webp'] }),
]
const draft = (changes = {}) => ({ ...emptyDraft(), prompt: 'a fox', ...changes })

describe('the draft', () => {
  it('says which field no request may be made of', () => {
    expect(faultOf(draft())).toBeUndefined()
    expect(faultOf(draft({ seed: '0', ceiling: '0.000001' }))).toBeUndefined()
    for (const seed of ['1.5', '-1', 'x', '4294967295']) expect(faultOf(draft({ seed }))).toBe('seed')
    for (const ceiling of ['0', '-1', 'much', '1.0000001']) expect(faultOf(draft({ ceiling }))).toBe('ceiling')
  })

  it('comes back as it was kept', () => {
    const kept = draft({ seed: '7', count: 3 })
    expect(readDraft(JSON.stringify(kept))).toEqual(kept)
  })

  it('is a new one if what was kept is broken, old or not ours', () => {
    expect([undefined, '', 'null', '[]', '{"count":"4","evil":1}'].map(readDraft)).toEqual(Array(5).fill(emptyDraft()))
  })

  it('counts seeds up, so that four images are four', () => {
    const four = [0, 1, 2, 3].map((n) => requestFor(draft({ seed: String(SEED_MAX - 1) }), n).seed)
    expect(four).toEqual([SEED_MAX - 1, SEED_MAX, 0, 1])
  })

  it('leaves out what was not asked for', () => {
    expect(requestFor(draft({ negative: '  ', seed: '' }))).toEqual({
      prompt: 'a fox', model: 'auto', aspect_ratio: '1:1', output_format: 'png', route: 'any', deadline_seconds: 300,
    })
  })

  it('takes no seed above the highest', () => {
    expect(['4294967294', '4294967295', '-1', '1.5', ''].map((seed) => seedOf(draft({ seed })))).toEqual([SEED_MAX, undefined, undefined, undefined, undefined])
  })

  it('offers what any model can while none is chosen', () => {
    expect(ratiosFor('auto', models)).toEqual(['9:16', '1:1', '3:2', '16:9'])
    expect(abilities('auto', models)).toMatchObject({ styles: ['anime'], negative: true, seed: true, promptMax: 10_000, languages: [] })
  })

  it('drops what another model cannot do', () => {
    const full = draft({ model: 'openai/gpt-image', ratio: '16:9', style: 'anime', negative: 'cats', seed: '1' })
    expect(fitting(full, models)).toMatchObject({ ratio: '1:1', style: '', negative: '', seed: '', format: 'webp', prompt: 'a fox' })
  })

  it('changes nothing while models are not known', () => {
    const odd = draft({ ratio: '7:3', style: 'anime' })
    expect(fitting(odd, [])).toEqual(odd)
  })

  it('warns of a language the model does not list', () => {
    expect(foreignTo('雪中的红狐', ['en'])).toBe('zh')
    expect(foreignTo('雪中的红狐', ['en', 'zh'])).toBeUndefined()
    expect(foreignTo('a fox', ['en'])).toBeUndefined()
  })

  it('takes from a task what was asked for', () => {
    const task = {
      id: '1', status: 'completed', requested_model: 'stability/core', route: 'market', prompt: 'a hare', credits_held: '1', attempts: [], favorite: false, hidden: false,
      params: { aspect_ratio: '16:9', output_format: 'jpeg', style_preset: 'anime' }, created_at: '', deadline: '',
      image: { content_type: 'image/jpeg', width: 1, height: 1, bytes: 1, seed: 0 },
    } satisfies Task
    const before = draft({ ratio: '1:1', count: 4, seed: '9' })
    expect(reuse(before, task, 'all')).toMatchObject({ prompt: 'a hare', ratio: '16:9', model: 'stability/core', style: 'anime', seed: '0', count: 1 })
    expect(reuse(before, task, 'prompt')).toMatchObject({ prompt: 'a hare', ratio: '1:1', seed: '9', count: 4 })
    expect(reuse(before, task, 'seed')).toMatchObject({ prompt: 'a fox', seed: '0' })
  })

  it('is the same after it was kept as a preset', () => {
    const full = draft({ negative: 'cats', model: 'stability/core', ratio: '16:9', style: 'anime', seed: '0', ceiling: '1.5', route: 'own', deadline: 60, count: 2 })
    expect(withPreset(draft({ count: 2 }), presetOf(full))).toEqual(full)
  })

  it('keeps its words when a preset has none', () => {
    expect(presetOf(draft({ prompt: ' ' }))).not.toHaveProperty('prompt')
    expect(withPreset(draft(), { aspect_ratio: '16:9' })).toMatchObject({ prompt: 'a fox', ratio: '16:9' })
  })
})
