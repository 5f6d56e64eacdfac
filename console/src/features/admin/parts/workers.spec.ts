import { expect, it } from 'vitest'
import { oddVersions } from './workers'

it('looks at the versions of workers that are alive, not of those that ended', () => {
  const workers = [{ state: 'alive' as const, version: '0.2.0' }, { state: 'ended' as const, version: '0.1.0' }, { state: 'alive' as const, version: '0.2.0' }]
  expect(oddVersions(workers)).toEqual(['0.2.0'])
  expect(oddVersions([...workers, { state: 'alive', version: '0.3.0' }])).toEqual(['0.2.0', '0.3.0'])
})
