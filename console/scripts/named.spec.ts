import { describe, expect, it } from 'vitest'
import { unnamed } from './named.mjs'

const VUE = `<p v-if="a">{{ t('wallet.about') }}</p><v-btn :label="t(done ? 'saved' : 'save', { n: f(1) })" :word="\`role.\${it}\`" @retry="go" />`
const TS = "const WAYS = { word: 'wallet' }; emit('retry'); t(`error.${code}.happened`); const key = 'task.again'"

describe('the search for texts nothing names', () => {
  it('finds those that are named, whole or in part', () => {
    const named = ['wallet.about', 'saved', 'save', 'role.admin', 'error.auth.required.happened', 'task.again']
    expect(unnamed(named, [VUE, TS])).toEqual([])
  })

  it('finds those that nothing names, also where another thing has their name', () => {
    const lost = ['retry', 'wallet.gone', 'error.auth.required.act', 'role', 'task.vary', 'go']
    expect(unnamed(lost, [VUE, TS])).toEqual(lost)
  })

  it('takes no template for a name that would name everything', () => {
    expect(unnamed(['wallet.about'], ['t(`${a}.${b}`); t(`${key}`)'])).toEqual(['wallet.about'])
  })
})
