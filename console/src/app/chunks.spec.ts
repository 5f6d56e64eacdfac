import { describe, expect, it } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'
import { reloadLost } from './chunks'

/** A router with a page that cannot be loaded the first `failures` times, and where it was told to load anew. */
function scene(error: Error, failures: number) {
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [
      { path: '/', component: {} },
      { path: '/gone', component: () => (failures-- > 0 ? Promise.reject(error) : Promise.resolve({ template: '' })) },
    ],
  })
  const kept = new Map<string, string>()
  const marks = {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => { kept.set(name, value) },
    removeItem: (name: string) => { kept.delete(name) },
  }
  const reloads: string[] = []
  reloadLost(router, marks, (path) => { reloads.push(path) })
  const visit = async () => { try { await router.push('/gone?a=1') } catch { /* The browser would say it. */ } }
  return { router, reloads, visit }
}
const lost = new TypeError('Failed to fetch dynamically imported module: http://console.test/assets/a.js')

describe('a page whose program is gone', () => {
  it('is loaded anew once, and not in circles', async () => {
    const { reloads, visit } = scene(lost, 5)
    await visit()
    await visit()
    expect(reloads).toEqual(['/gone?a=1'])
  })

  it('may be loaded anew again after it was there in between', async () => {
    const { router, reloads, visit } = scene(lost, 1)
    await visit()
    await visit()
    expect([reloads.length, router.currentRoute.value.path]).toEqual([1, '/gone'])
  })

  it('is not loaded anew for a fault of its own', async () => {
    const { reloads, visit } = scene(new TypeError('x is undefined'), 5)
    await visit()
    expect(reloads).toEqual([])
  })
})
