import { describe, expect, it } from 'vitest'
import { neighbour } from './wallKeys'

/** Three in the first row, two in the second. */
const wall = [[0, 0], [300, 0], [600, 0], [0, 400], [300, 420]].map(([x, y]) => ({ x: x ?? 0, y: y ?? 0 }))

describe('arrows on a wall of tiles', () => {
  it('walk along the row and stop at the ends', () => {
    expect(neighbour(wall, 0, 'ArrowRight')).toBe(1)
    expect(neighbour(wall, 0, 'ArrowLeft')).toBe(0)
    expect(neighbour(wall, 4, 'ArrowRight')).toBe(4)
  })

  it('go to the nearest tile of the next row', () => {
    expect(neighbour(wall, 1, 'ArrowDown')).toBe(4)
    expect(neighbour(wall, 2, 'ArrowDown')).toBe(4)
    expect(neighbour(wall, 3, 'ArrowUp')).toBe(0)
  })

  it('stay where there is no row', () => {
    expect(neighbour(wall, 1, 'ArrowUp')).toBe(1)
    expect(neighbour(wall, 3, 'ArrowDown')).toBe(4)
    expect(neighbour([], 0, 'ArrowDown')).toBe(0)
  })
})
