import { test as base, expect, type Page } from '@playwright/test'
import type { Login } from './stack'

/** What a browser says when a request was refused: the page's own words about it are what the tests look at. */
const REFUSED = /^Failed to load resource: the server responded with a status of (401|402|403|404|409|422)/

interface Fixtures {
  /** Everything the page complained about. A test that expects a refusal needs to do nothing; any other complaint fails it. */
  complaints: string[]
}

/** A test that fails when the page complains: an exception, an error in its console, a violation of its policy. */
export const test = base.extend<Fixtures>({
  complaints: [
    async ({ page }, use) => {
      const complaints: string[] = []
      page.on('pageerror', (error) => complaints.push(`exception: ${error.message}`))
      page.on('console', (message) => {
        if (message.type() === 'error' && !REFUSED.test(message.text())) complaints.push(`console: ${message.text()}`)
        if (message.type() === 'warning' && /\[(Vue|intlify)/.test(message.text())) complaints.push(`warning: ${message.text()}`)
      })
      await use(complaints)
      expect(complaints, 'what the page complained about').toEqual([])
    },
    { auto: true },
  ],
})

export { expect }

/** Signs in without the form: the page finds the session's cookie as after a reload. */
export async function signIn(page: Page, login: Login): Promise<void> {
  const answer = await page.request.post('/api/auth/login', { data: login, headers: { 'X-Aether-Session': 'cookie' } })
  expect(answer.status(), 'signing in').toBe(200)
  await page.addInitScript(() => { localStorage.setItem('aetherflow.signed-in', '1') })
}

/** A new consumer, who is signed in. */
export async function register(page: Page, name: string): Promise<Login> {
  const login = { email: `${name}-${Date.now()}-${Math.floor(Math.random() * 1e6)}@example.com`, password: 'a long enough pass phrase 7' }
  const answer = await page.request.post('/api/auth/register', { data: login, headers: { 'X-Aether-Session': 'cookie' } })
  expect(answer.status(), await answer.text()).toBe(201)
  await page.addInitScript(() => { localStorage.setItem('aetherflow.signed-in', '1') })
  return login
}

export { simulate, stack } from './stack'
