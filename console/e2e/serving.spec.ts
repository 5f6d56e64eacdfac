import { expect, signIn, stack, test } from './support/test'

test('a page runs under a policy without inline code, and never breaks it', async ({ page, complaints }) => {
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`)
    })
  })
  const answer = await page.goto('/login')
  const policy = answer?.headers()['content-security-policy'] ?? ''
  expect(policy).toContain("require-trusted-types-for 'script'")
  expect(policy).not.toContain('unsafe')
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  // The theme is there without a style element.
  expect(await page.locator('style').count()).toBe(0)
  await expect(page.locator('body')).not.toHaveCSS('font-family', /Times/)
  await page.emulateMedia({ colorScheme: 'dark' })
  expect(complaints).toEqual([])
})

test('a link into the console opens there, after signing in if need be', async ({ page }) => {
  await page.goto('/resources/connect')
  await expect(page).toHaveURL(/\/login\?to=/)
  await page.getByLabel('E-mail address').fill(stack.users.owner.email)
  await page.getByLabel('Password', { exact: true }).fill(stack.users.owner.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page).toHaveURL(/\/resources\/connect$/)
  await expect(page.getByRole('heading', { level: 1, name: 'Connect a key' })).toBeVisible()
})

test('after a reload the person is still signed in, and at the same place', async ({ page }) => {
  await signIn(page, stack.users.owner)
  await page.goto('/resources')
  await expect(page.getByRole('heading', { level: 1, name: 'Resources' })).toBeVisible()
  await page.reload()
  await expect(page.getByRole('heading', { level: 1, name: 'Resources' })).toBeVisible()
  await expect(page).toHaveURL(/\/resources$/)
})
