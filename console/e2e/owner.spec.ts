import type { Page } from '@playwright/test'
import { expect, register, signIn, simulate, stack, test } from './support/test'

/** Counts the screens and confirmations a person goes through. */
function counting(page: Page) {
  let steps = 0
  return {
    async press(name: string | RegExp): Promise<void> {
      steps += 1
      await page.getByRole('button', { name }).click()
    },
    get steps() { return steps },
  }
}

test('somebody connects a key in three steps, after a rejected one, pauses it and deletes it', async ({ page }) => {
  test.setTimeout(120_000)
  const good = `sk-journey-${Date.now()}`
  await simulate(good, { balance: 500, latency_ms: 50 })
  await register(page, 'host')
  await page.goto('/resources')
  await expect(page.getByText('You host no key yet')).toBeVisible()
  await page.getByRole('link', { name: 'Connect a key' }).click()

  const first = counting(page)
  const key = page.getByLabel('API key', { exact: true })
  await page.getByText('Stability AI', { exact: true }).click()
  await key.fill('sk-not-a-key')
  await first.press('Continue')
  await first.press('Continue')
  await page.getByRole('checkbox').check()
  await first.press('Connect a key')
  await expect(page.getByRole('alert')).toContainText('does not accept')
  await expect(key, 'it leads back to the key').toHaveValue('sk-not-a-key')

  const second = counting(page)
  await key.fill(good)
  await second.press('Continue')
  await page.getByLabel('Name', { exact: true }).fill('Journey key')
  await page.getByLabel('Price per unit').fill('0.5')
  await expect(page.getByRole('row', { name: /stable-image-core|core/ }).first()).toContainText('1.50')
  await second.press('Continue')
  await page.getByRole('checkbox').check()
  await second.press('Connect a key')
  await expect(page.getByRole('heading', { level: 1, name: 'Journey key' })).toBeVisible()
  expect(second.steps, 'screens to connect a key').toBeLessThanOrEqual(3)
  expect(page.url(), 'the key is not in the address').not.toContain('sk-')
  const kept = await page.evaluate(() => JSON.stringify({ ...localStorage }) + JSON.stringify({ ...sessionStorage }))
  expect(kept, 'the key is not kept').not.toContain(good)

  await page.getByRole('button', { name: 'Check', exact: true }).click()
  await expect(page.getByText('The provider accepts the key.')).toBeVisible()
  await page.getByRole('button', { name: 'Pause' }).click()
  await expect(page.getByText('You paused it. It starts no calls.')).toBeVisible()
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(page.getByText('It is new')).toBeVisible()

  await page.getByRole('button', { name: 'Delete' }).click()
  const dialog = page.getByRole('dialog')
  await expect(dialog).toContainText('Delete Journey key?')
  await dialog.getByRole('button', { name: 'Delete' }).click()
  await expect(page.getByText('You host no key yet')).toBeVisible()
})

test('an owner sees nothing of those whose images their key makes', async ({ page }) => {
  const bodies: string[] = []
  page.on('response', async (response) => {
    if (response.url().includes('/api/')) bodies.push(await response.text().catch(() => ''))
  })
  await signIn(page, stack.users.owner)
  await page.goto('/resources')
  await page.getByRole('link', { name: 'Meadow key' }).click()
  await expect(page.getByText('The last thirty days')).toBeVisible()
  await page.waitForLoadState('networkidle')
  const seen = bodies.join('\n') + await page.content()
  expect(bodies.length).toBeGreaterThan(3)
  expect(seen).not.toContain(stack.users.consumer.email)
  expect(seen).not.toMatch(/"prompt"/)
})
