import { asked, expect, register, settled, signIn, stack, test } from './support/test'
import { task } from './support/pages'
import { counting } from './support/steps'
import { texts } from './support/texts'

/** Words nobody else writes, so that a list is searched for the right image. */
const words = (what: string) => `${what} ${Math.random().toString(36).slice(2, 8)}`

for (const language of ['en', 'zh-CN'] as const) {
  test.describe(language, () => {
    test.use({ locale: language })
    const { account, generate } = { account: texts('account', language), generate: texts('generate', language) }

    test(`somebody registers and has a first image in three steps (${language}) @phone`, async ({ page }) => {
      const prompt = words('a red fox in snow')
      await page.goto('/register')
      const steps = counting(page)
      await page.getByLabel(account('email'), { exact: true }).fill(`first-${Date.now()}-${Math.floor(Math.random() * 1e6)}@example.com`)
      await page.getByLabel(account('password'), { exact: true }).fill('a long enough pass phrase 7')
      await steps.press(account('sign_up'))
      await page.getByRole('textbox', { name: generate('prompt'), exact: true }).fill(prompt)
      await steps.press(generate('go'))
      await expect(page.getByRole('img', { name: prompt })).toBeVisible({ timeout: 30_000 })
      expect(steps.steps, 'screens to the first image').toBeLessThanOrEqual(3)
    })
  })
}

test('what an image cost is found in two steps, and the page says what the API says', async ({ page }) => {
  const login = await register(page, 'why')
  const prompt = words('a glass teapot')
  await page.goto('/generate')
  await page.getByRole('textbox', { name: 'Prompt' }).fill(prompt)
  await page.getByRole('button', { name: /^Generate/ }).click()
  await expect(page.getByRole('img', { name: prompt })).toBeVisible({ timeout: 30_000 })

  const steps = counting(page)
  await steps.follow(/credits to spend/)
  await expect(page.getByRole('heading', { level: 1, name: 'Wallet' })).toBeVisible()
  await steps.press(/-1\..*: why/)
  const drawer = page.getByRole('dialog')
  await expect(drawer).toContainText("Owner's part")
  await expect(drawer).toContainText("Platform's part")
  expect(steps.steps, 'screens to where a credit went').toBeLessThanOrEqual(2)

  const balance = await asked(page, login, '/api/wallet/balance') as { available: string }
  await page.reload()
  const shown = Number(balance.available).toLocaleString('en-GB', { minimumFractionDigits: 2, maximumFractionDigits: 6 })
  await expect(page.getByRole('link', { name: /credits to spend/ })).toContainText(shown)
})

test('a double click is one image and one charge', async ({ page }) => {
  const login = await register(page, 'twice')
  await page.goto('/generate')
  await page.getByRole('textbox', { name: 'Prompt' }).fill(words('two birds'))
  const go = page.getByRole('button', { name: /^Generate/ })
  await expect(go).toBeEnabled()
  await go.dblclick()
  await expect(page.getByRole('img', { name: /two birds/ }).first()).toBeVisible({ timeout: 30_000 })
  const history = await asked(page, login, '/api/generate/history') as { items: unknown[] }
  expect(history.items).toHaveLength(1)
})

test('a draft survives a reload, and a link that needs signing in', async ({ page }) => {
  const login = await register(page, 'draft')
  const prompt = words('an unfinished thought')
  await page.goto('/generate')
  await page.getByRole('textbox', { name: 'Prompt' }).fill(prompt)
  await expect(page.getByRole('button', { name: /^Generate/ })).toBeEnabled()
  await page.reload()
  await expect(page.getByRole('textbox', { name: 'Prompt' })).toHaveValue(prompt)

  // The session ends while the page is open; the link that needs it leads over the form to sign in, and back.
  await page.context().clearCookies()
  await page.goto('/wallet')
  await expect(page).toHaveURL(/\/login\?to=\/wallet$/)
  await page.getByLabel('E-mail address').fill(login.email)
  await page.getByLabel('Password', { exact: true }).fill(login.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Wallet' })).toBeVisible()
  await page.getByRole('link', { name: 'Generate', exact: true }).first().click()
  await expect(page.getByRole('textbox', { name: 'Prompt' })).toHaveValue(prompt)
})

test('a consumer sees nothing of whose keys made their images', async ({ page }) => {
  const resources = await asked(page, stack.users.owner, '/api/resource/list') as { items: { id: string; name: string; key_hint: string }[] }
  const owner = await asked(page, stack.users.owner, '/api/auth/profile') as { id: string; email: string }
  const bodies: string[] = []
  page.on('response', async (response) => {
    if (response.url().includes('/api/')) bodies.push(await response.text().catch(() => ''))
  })
  await page.context().clearCookies()
  await signIn(page, stack.users.consumer)
  const made = await task()
  const charges = await asked(page, stack.users.consumer, '/api/wallet/transactions?type=consume&limit=1') as { items: { id: string }[] }
  for (const path of ['/generate', '/history', '/wallet', `/tasks/${made}`, `/wallet?open=${charges.items[0]?.id}`]) {
    await page.goto(path)
    await expect(page.getByRole('heading', { level: 1 })).toBeAttached()
    if (path.includes('open=')) await expect(page.getByRole('dialog')).toContainText("Owner's part")
    if (path.startsWith('/tasks/')) await expect(page.getByRole('heading', { name: 'What it cost' })).toBeVisible()
    await settled(page)
    bodies.push(await page.content())
  }
  const seen = bodies.join('\n')
  expect(bodies.length).toBeGreaterThan(6)
  for (const secret of [owner.id, owner.email, ...resources.items.flatMap((it) => [it.id, it.key_hint])]) expect(seen).not.toContain(secret)
})

test('eight tabs of one browser all work', async ({ page, context }) => {
  await register(page, 'tabs')
  for (let tab = 0; tab < 8; tab += 1) {
    const other = await context.newPage()
    await other.addInitScript(() => { localStorage.setItem('aetherflow.signed-in', '1') })
    await other.goto('/wallet')
    await expect(other.getByRole('heading', { level: 1, name: 'Wallet' })).toBeVisible()
    await expect(other.getByRole('link', { name: /credits to spend/ })).toContainText('20.00')
  }
})

test('who wants to be told of a low balance sees it at the balance', async ({ page }) => {
  const login = await register(page, 'low')
  await page.goto('/profile')
  const field = page.getByLabel('Tell me below so many credits')
  const form = page.locator('form').filter({ has: field })
  await field.fill('20.000001')
  await form.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByRole('link', { name: /^20 credits to spend, low/ })).toBeVisible()
  expect(await asked(page, login, '/api/auth/profile')).toMatchObject({ credits_low_at: '20.000001' })
  await field.fill('')
  await form.getByRole('button', { name: /^Save/ }).click()
  await expect(page.getByRole('link', { name: /^20 credits to spend$/ })).toBeVisible()
})
