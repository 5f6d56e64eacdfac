import { expect, it } from 'vitest'
import { spanOf } from './days'

it('includes the whole of the last day, and asks nothing for what is no day', () => {
  expect(spanOf('2026-01-01', '2026-01-31')).toEqual({ from: '2026-01-01T00:00:00Z', to: '2026-02-01T00:00:00.000Z' })
  expect(spanOf('yesterday', '2026-99-99')).toEqual({})
})
