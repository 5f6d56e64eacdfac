import { expect, it } from 'vitest'
import type { AdminModel } from '@/api/gen'
import { changesOf, draftOf, faultsOf, newOf, priceEffect } from './model'

const model: AdminModel = {
  id: 'stability/core', provider: 'stability', wire_name: 'core', display_name: 'Core', units_per_image: '3', aspect_ratios: ['1:1', '16:9'], output_formats: ['png'],
  style_presets: [], prompt_max_chars: 10_000, prompt_languages: ['en'], negative_prompt: true, seed: true, run_seconds_max: 60, enabled: true, created_at: '2026-01-01T00:00:00Z',
}

it('sends only what was changed', () => {
  expect(changesOf(model, draftOf(model))).toEqual({})
  expect(changesOf(model, { ...draftOf(model), units: '4', ratios: '1:1' })).toEqual({ units_per_image: '4', aspect_ratios: ['1:1'] })
})
it('says what another count of units makes of the price, exactly', () => {
  expect(priceEffect(model, draftOf(model), '0.3')).toBeUndefined()
  expect(priceEffect(model, { ...draftOf(model), units: '2.5' }, '0.333333')).toEqual({ before: '0.999999', after: '0.833332', difference: '-0.166667' })
})
it('takes a draft only whole', () => {
  expect(faultsOf(draftOf(undefined))).toEqual(['provider', 'wire_name', 'display_name', 'units'])
  expect(faultsOf({ ...draftOf(model), ratios: '16x9', seconds: '601' })).toEqual(['ratios', 'seconds'])
  expect(newOf(draftOf(model), 'new').wire_name).toBe('core')
})
