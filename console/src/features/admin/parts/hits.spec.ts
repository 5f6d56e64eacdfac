import { expect, it } from 'vitest'
import { pageOf, referenceOf } from './hits'

const task = '01970000-0000-7000-8000-000000000001'
const attempt = '01970000-0000-7000-8000-000000000002'

it('leads an attempt to the task it was made for, whose movements it shares', () => {
  const hit = { kind: 'attempt' as const, id: attempt, label: 'attempt 2', path: `/api/admin/jobs/${task}` }
  expect(referenceOf(hit)).toBe(task)
  expect(pageOf(hit)).toBe(`/admin/jobs/${task}`)
})
it('knows no movements of what is no part of the ledger', () => {
  expect(referenceOf({ kind: 'model', id: 'stability/core', label: '', path: '/api/admin/models/stability/core' })).toBeUndefined()
})
