import type { Page } from '@playwright/test'
import { asked, expect, register, simulate, test } from './support/test'
import type { Login } from './support/stack'

const words = (what: string) => `${what} ${Math.random().toString(36).slice(2, 8)}`

interface History { items: { id: string; prompt: string; status: string; route: string; credits_held: string }[] }
const history = async (page: Page, login: Login) => (await asked(page, login, '/api/generate/history?limit=100') as History).items

/** A new consumer with one finished image. */
async function withImage(page: Page, name: string): Promise<{ login: Login; prompt: string }> {
  const login = await register(page, name)
  const prompt = words('a paper boat')
  await page.goto('/generate')
  await page.getByRole('textbox', { name: 'Prompt' }).fill(prompt)
  await page.getByRole('button', { name: /^Generate/ }).click()
  await expect(page.getByRole('img', { name: prompt })).toBeVisible({ timeout: 30_000 })
  return { login, prompt }
}

/** The server takes the first submit, and its answer is lost on the way. */
async function loseFirstAnswer(page: Page): Promise<{ keys: string[] }> {
  const keys: string[] = []
  await page.route('**/api/generate/text-to-image', async (route) => {
    keys.push(route.request().headers()['idempotency-key'] ?? '')
    const answer = await route.fetch()
    if (keys.length === 1) await route.abort('connectionreset')
    else await route.fulfill({ response: answer })
  })
  return { keys }
}

/** What the browser says of an answer that was lost on purpose. */
const forgive = (complaints: string[]) => {
  complaints.splice(0, complaints.length, ...complaints.filter((it) => !it.includes('ERR_CONNECTION_RESET')))
}

test('a double click on "Vary" in the history is one image', async ({ page }) => {
  const { login } = await withImage(page, 'vary')
  await page.goto('/history')
  await page.getByRole('button', { name: 'Vary' }).first().dblclick()
  await expect.poll(async () => (await history(page, login)).length).toBe(2)
  await expect(page.getByRole('button', { name: 'Vary' })).toHaveCount(2, { timeout: 30_000 })
  expect(await history(page, login)).toHaveLength(2)
})

for (const place of ['history', 'task'] as const) {
  test(`a lost answer on the ${place} page, tried again, is one image and one charge`, async ({ page, complaints }) => {
    const { login } = await withImage(page, `lost-${place}`)
    const [first] = await history(page, login)
    await page.goto(place === 'task' ? `/tasks/${first?.id}` : '/history')
    const sent = await loseFirstAnswer(page)
    await page.getByRole('button', { name: 'Vary' }).first().click()
    await page.getByRole('button', { name: 'Try again' }).click()
    if (place === 'task') await expect(page).not.toHaveURL(new RegExp(String(first?.id)))
    await expect(page.getByRole('button', { name: 'Try again' })).toHaveCount(0)

    expect(sent.keys).toHaveLength(2)
    expect(new Set(sent.keys).size, 'the same key').toBe(1)
    expect(await history(page, login)).toHaveLength(2)
    await expect.poll(async () => (await history(page, login)).every((it) => it.status === 'completed'), { timeout: 30_000 }).toBe(true)
    const moved = await asked(page, login, '/api/wallet/transactions?type=consume') as { items: unknown[] }
    expect(moved.items, 'charges').toHaveLength(2)
    forgive(complaints)
  })
}

test('what failed is still there after the page was left, and is sent once', async ({ page, complaints }) => {
  const login = await register(page, 'leave')
  const prompt = words('a lantern')
  await page.goto('/generate')
  const sent = await loseFirstAnswer(page)
  await page.getByRole('textbox', { name: 'Prompt' }).fill(prompt)
  await page.getByRole('button', { name: /^Generate/ }).click()
  await expect(page.getByText('The server cannot be reached.').last()).toBeVisible()
  await page.getByRole('link', { name: 'Wallet' }).first().click()
  await expect(page.getByRole('heading', { level: 1, name: 'Wallet' })).toBeVisible()
  await page.getByRole('link', { name: 'Generate' }).first().click()
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect(page.getByRole('img', { name: prompt })).toBeVisible({ timeout: 30_000 })
  expect(new Set(sent.keys).size).toBe(1)
  expect(await history(page, login)).toHaveLength(1)
  forgive(complaints)
})

test('a key that is held buys one image, and none from within a dialog', async ({ page }) => {
  const login = await register(page, 'held')
  const prompt = words('a held key')
  await page.goto('/generate')
  await page.getByRole('textbox', { name: 'Prompt' }).fill(prompt)
  await expect(page.getByRole('button', { name: /^Generate/ })).toBeEnabled()

  await page.getByRole('button', { name: 'Presets' }).click()
  await page.getByLabel('Keep this form as').focus()
  await page.keyboard.press('Control+Enter')
  await page.keyboard.press('Escape')

  await page.getByRole('textbox', { name: 'Prompt' }).focus()
  await page.keyboard.down('Control')
  await expect.poll(async () => {
    await page.keyboard.down('Enter')
    return page.getByRole('img', { name: prompt }).count()
  }, { intervals: [100], timeout: 30_000 }).toBe(1)
  await page.keyboard.up('Enter')
  await page.keyboard.up('Control')
  expect(await history(page, login)).toHaveLength(1)
})

test('a seed no provider takes is said beside the button, and nothing is sent', async ({ page }) => {
  const login = await register(page, 'seed')
  await page.goto('/generate')
  await page.getByRole('textbox', { name: 'Prompt' }).fill(words('a seed'))
  const go = page.getByRole('button', { name: /^Generate/ })
  await expect(go).toBeEnabled()
  await page.getByText('More settings').click()
  await page.getByRole('textbox', { name: 'Seed' }).fill('1.5')
  await expect(page.getByRole('status').filter({ hasText: 'Seed: A whole number' })).toBeVisible()
  await expect(go).toBeDisabled()
  await page.getByRole('textbox', { name: 'Prompt' }).focus()
  await page.keyboard.press('Control+Enter')
  await page.getByRole('textbox', { name: 'Seed' }).fill('')
  await page.getByRole('textbox', { name: 'Most an image may cost' }).fill('0')
  await expect(page.getByRole('status').filter({ hasText: 'Most an image may cost: ' })).toBeVisible()
  await expect(go).toBeDisabled()
  expect(await history(page, login)).toHaveLength(0)
})

test('an own key makes an image that costs nothing', async ({ page }) => {
  const key = `sk-own-${Date.now()}`
  await simulate(key, { balance: 500, latency_ms: 50 })
  const login = await register(page, 'own')
  const { access_token: token } = await (await page.request.post('/api/auth/login', { data: login })).json() as { access_token: string }
  const connected = await page.request.post('/api/resource/connect', {
    headers: { authorization: `Bearer ${token}` },
    data: { provider: 'stability', api_key: key, name: 'My own', price_per_unit: '0.5', daily_limit: '100', monthly_limit: '1000', concurrency_limit: 1, attestation: true },
  })
  expect(connected.status(), await connected.text()).toBe(201)
  const prompt = words('my own key')
  await page.goto('/generate')
  await page.getByText('More settings').click()
  await page.getByRole('button', { name: 'My own keys' }).click()
  await page.getByRole('textbox', { name: 'Prompt' }).fill(prompt)
  await expect(page.getByText('at most 0.00')).toBeVisible()
  await page.getByRole('button', { name: /^Generate/ }).click()
  await expect(page.getByRole('img', { name: prompt })).toBeVisible({ timeout: 30_000 })
  await page.getByRole('button', { name: 'Vary' }).first().click()
  await expect(page.getByRole('img', { name: prompt })).toHaveCount(2, { timeout: 30_000 })
  expect((await history(page, login)).map((it) => [it.route, it.credits_held])).toEqual([['own', '0'], ['own', '0']])
  expect((await asked(page, login, '/api/wallet/balance') as { available: string }).available).toBe('20')
})

