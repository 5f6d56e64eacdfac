import { expect, it } from 'vitest'
import { subjectPage } from './subjects'

it('leads to what was changed, also where an id has a slash', () => {
  expect(subjectPage('model:stability/core')).toBe('/admin/models?open=stability%2Fcore')
  expect(subjectPage('grant:0197')).toBe('/admin/transactions?q=0197')
})
