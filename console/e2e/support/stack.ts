import { readFileSync } from 'node:fs'

/** How somebody signs in. */
export interface Login {
  email: string
  password: string
}

/** The stack the tests run against, as `cargo xtask` wrote it down. */
export interface Stack {
  api_url: string
  simulator_url: string
  admin_database_url: string
  simulator_keys: string[]
  users: { admin: Login; owner: Login; consumer: Login }
  owners: Login[]
}

const file = process.env.AETHERFLOW_STACK ?? new URL('../../../.dev/stack.json', import.meta.url)

export const stack = JSON.parse(readFileSync(file, 'utf8')) as Stack

/** Where the console is; a development server may stand before the api. */
export const origin = process.env.CONSOLE_URL ?? stack.api_url

/** What a simulated key did. */
export interface Books {
  calls: number
  images: number
}

/** What the simulated provider counted for a key. */
export async function books(key: string): Promise<Books> {
  const answer = await fetch(`${stack.simulator_url}/control/stability/keys/${key}`)
  return await answer.json() as Books
}

/** Gives a simulated provider a key with so many units, or changes how it behaves. */
export async function simulate(key: string, behaviour: Record<string, unknown>): Promise<void> {
  const answer = await fetch(`${stack.simulator_url}/control/stability/keys/${key}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(behaviour),
  })
  if (!answer.ok) throw new Error(`the simulator refused: ${answer.status} ${await answer.text()}`)
}
