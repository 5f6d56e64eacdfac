/** Does one thing at a time in the whole browser. Without Web Locks (plain http on another host) in this tab alone. */
export async function alone<T>(name: string, act: () => Promise<T>): Promise<T> {
  const locks = (navigator as Partial<Navigator>).locks
  if (!locks) return inThisTab(name, act)
  return locks.request(`aetherflow.${name}`, act)
}

const running = new Map<string, Promise<unknown>>()

async function inThisTab<T>(name: string, act: () => Promise<T>): Promise<T> {
  const before = running.get(name)
  const mine = (before ?? Promise.resolve()).then(act, act)
  running.set(name, mine)
  return mine
}
