import { asked, expect, register, settled, signIn, stack, test } from './support/test'
import { codeOf } from './support/totp'

const words = (what: string) => `${what} ${Math.random().toString(36).slice(2, 8)}`
const credits = (amount: string) => Number(amount).toLocaleString('en-GB', { minimumFractionDigits: 2, maximumFractionDigits: 6 })

test('who signs in after somebody signed out finds nothing of them in the tab', async ({ page, context }) => {
  const first = await register(page, 'first')
  const prompt = words('a private thought')
  await page.goto('/generate')
  await page.getByRole('textbox', { name: 'Prompt' }).fill(prompt)
  await page.getByRole('button', { name: /^Generate/ }).click()
  await expect(page.getByRole('img', { name: prompt })).toBeVisible({ timeout: 30_000 })
  const { available } = await asked(page, first, '/api/wallet/balance') as { available: string }
  await page.getByRole('button', { name: 'Compare' }).first().click()
  await page.evaluate(() => { Object.assign(window, { old: true }) })
  const other = await context.newPage()
  await other.goto('/wallet')
  await expect(other.getByRole('heading', { level: 1, name: 'Wallet' })).toBeVisible()

  await page.getByRole('button', { name: 'Your account' }).click()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await expect(page).toHaveURL(/\/login$/)
  expect(await page.evaluate(() => 'old' in window), 'a new document').toBe(false)
  await expect(other, 'other tabs leave too').toHaveURL(/\/login$/)

  const answer = await page.request.post('/api/auth/register', { data: { email: `second-${Date.now()}-${Math.floor(Math.random() * 1e6)}@example.com`, password: first.password } })
  const { user } = await answer.json() as { user: { email: string } }
  const reads: string[] = []
  page.on('request', (request) => { if (request.url().includes('/api/')) reads.push(request.url()) })
  await page.getByLabel('E-mail address').fill(user.email)
  await page.getByLabel('Password', { exact: true }).fill(first.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByRole('link', { name: /credits to spend/ })).toContainText('20.00')
  for (const name of ['Generate', 'History', 'Wallet']) {
    await page.getByRole('link', { name, exact: true }).first().click()
    await expect(page.getByRole('heading', { level: 1, name })).toBeAttached()
    await settled(page)
    const seen = await page.content()
    for (const trace of [prompt, first.email, first.email.split('@')[0] ?? '', credits(available)]) expect(seen, name).not.toContain(trace)
  }
  expect(reads.length, 'everything was read anew').toBeGreaterThan(3)
  await other.close()
})

test('somebody else who signs in takes over every tab', async ({ page, context }) => {
  const first = await register(page, 'before')
  await page.goto('/profile')
  await expect(page.getByText(first.email).first()).toBeVisible()
  const other = await context.newPage()
  await other.goto('/wallet')
  await expect(other.getByRole('heading', { level: 1 })).toBeVisible()
  await signIn(other, stack.users.owner)
  await other.goto('/resources')
  await expect(other.getByRole('heading', { level: 1, name: 'Resources' })).toBeVisible()
  await expect(page).not.toHaveURL(/\/(profile|login)/)
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  expect(await page.content()).not.toContain(first.email)
})

test('who is signed in is sent on from the pages to sign in', async ({ page }) => {
  await register(page, 'known')
  await page.goto('/login?to=/wallet')
  await expect(page).toHaveURL(/\/wallet$/)
  await page.goto('/register')
  await expect(page).toHaveURL(/\/generate$/)
})

test('a wrong password is sent once, and said without blaming an e-mail address', async ({ page }) => {
  await register(page, 'wrong')
  const sent: string[] = []
  page.on('request', (request) => { if (/\/api\/auth\/(password|profile|totp)/.test(request.url()) && request.method() !== 'GET') sent.push(request.url()) })
  await page.goto('/profile#password')
  const form = page.locator('#password')
  await form.getByLabel('Current password').fill('not the password at all')
  await form.getByLabel('New password').fill('another long enough phrase 9')
  await form.getByRole('button', { name: 'Change the password' }).click()
  await expect(form.getByText('This is not your present password.')).toBeVisible()
  await expect(form.getByRole('alert').filter({ hasText: 'E-mail' })).toHaveCount(0)
  expect(sent).toHaveLength(1)
})

test('a second factor is set up on the profile, signed in with, and removed', async ({ page }) => {
  const login = await register(page, 'factor')
  await page.goto('/profile#second-factor')
  const panel = page.locator('#second-factor')
  await expect(panel.getByRole('button', { name: 'Set it up' })).toBeInViewport()
  await panel.getByRole('button', { name: 'Set it up' }).click()
  await panel.getByLabel('Current password').fill('not the password at all')
  await panel.getByRole('button', { name: 'Go on' }).click()
  await expect(panel.getByText('This is not your present password.')).toBeVisible()
  await panel.getByLabel('Current password').fill(login.password)
  await panel.getByRole('button', { name: 'Go on' }).click()
  const secret = await panel.locator('code').innerText()

  // A code is good one step early and late, and no code twice: so two are used in their order, and nobody waits.
  await panel.getByLabel('Code of your second factor').fill(codeOf(secret))
  await panel.getByRole('button', { name: 'Turn it on' }).dblclick()
  await expect(panel.locator('ol li')).toHaveCount(10)
  const [recovery = ''] = await panel.locator('ol li').allInnerTexts()
  await panel.getByRole('button', { name: 'I have kept them' }).click()
  await expect(panel.getByText('10 recovery codes are left.')).toBeVisible()

  await page.getByRole('button', { name: 'Your account' }).click()
  await page.getByRole('button', { name: 'Sign out', exact: true }).click()
  await page.getByLabel('E-mail address').fill(login.email)
  await page.getByLabel('Password', { exact: true }).fill(login.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByLabel('Code of your second factor').fill(codeOf(secret, 1))
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByRole('link', { name: /credits to spend/ })).toBeVisible()

  await page.goto('/profile#second-factor')
  await panel.getByRole('button', { name: 'Remove it' }).click()
  await panel.getByLabel('Current password').fill(login.password)
  await panel.getByLabel('Code of your second factor').fill(recovery)
  await panel.getByRole('button', { name: 'Remove it' }).click()
  await expect(panel.getByRole('button', { name: 'Set it up' })).toBeVisible()
})

test('an admin who must enrol first sees one panel, and nothing is asked that would be refused @phone', async ({ page }) => {
  // What this stack allows, told as a server that demands it would: its setting is the same for all tests.
  await page.route('**/api/auth/totp', (route) => route.fulfill({ json: { enabled: false, pending: false, required: true, recovery_codes_left: 0 } }))
  const asks: string[] = []
  page.on('request', (request) => { if (request.url().includes('/api/')) asks.push(new URL(request.url()).pathname) })
  await signIn(page, stack.users.admin)
  await page.goto('/')
  await expect(page.getByRole('heading', { level: 1, name: 'Set up your second factor first' })).toBeVisible()
  await settled(page)
  await expect(page.getByRole('alert')).toHaveCount(0)
  expect(asks).toEqual(['/api/auth/refresh', '/api/auth/totp'])
  await page.getByRole('link', { name: 'Set up the second factor' }).click()
  await expect(page.locator('#second-factor').getByRole('button', { name: 'Set it up' })).toBeInViewport()
  await settled(page)
  expect(asks.filter((it) => !it.startsWith('/api/auth/'))).toEqual([])
  await page.getByRole('button', { name: 'Sign out', exact: true }).click()
  await expect(page).toHaveURL(/\/login$/)
})

test('a page whose program is gone is loaded anew from the server', async ({ page, complaints }) => {
  await register(page, 'updated')
  await page.goto('/generate')
  await expect(page.getByRole('textbox', { name: 'Prompt' })).toBeVisible()
  let lost = 0
  await page.route('**/assets/WalletPage-*.js', (route) => (lost++ === 0 ? route.fulfill({ status: 404 }) : route.continue()))
  await page.getByRole('link', { name: 'Wallet', exact: true }).first().click()
  await expect(page.getByRole('heading', { level: 1, name: 'Wallet' })).toBeVisible()
  expect(lost).toBeGreaterThan(1)
  complaints.splice(0, complaints.length, ...complaints.filter((it) => !it.includes('dynamically imported module')))
})
