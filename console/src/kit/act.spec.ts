import { describe, expect, it } from 'vitest'
import { Problem } from '@/api/problem'
import { useAct } from './act'

describe('an act', () => {
  it('begins no second one while it is under way', async () => {
    const { busy, run } = useAct()
    let finish: () => void = () => undefined
    const first = run(() => new Promise<void>((done) => { finish = done }))
    let second = 0
    expect([busy.value, await run(async () => { second += 1 }), second]).toEqual([true, false, 0])
    finish()
    expect([await first, busy.value]).toEqual([true, false])
  })

  it('keeps what went wrong until it is tried again, with the same act', async () => {
    const { problem, run, retry } = useAct()
    let tries = 0
    const flaky = async () => { tries += 1; if (tries === 1) throw new Problem('unavailable', { status: 503 }) }
    expect([await run(flaky), problem.value?.code]).toEqual([false, 'unavailable'])
    expect([await retry(), problem.value, tries]).toEqual([true, undefined, 2])
  })
})
