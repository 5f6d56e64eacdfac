import { asked, expect, signIn, stack, test } from './support/test'

const { admin, consumer } = stack.users

test('an admin grants credits, traces them, and finds the reason in the audit log', async ({ page }) => {
  await signIn(page, admin)
  await page.goto(`/admin/users?email=${encodeURIComponent(consumer.email)}`)
  await page.getByRole('link', { name: consumer.email }).first().click()
  await page.getByRole('button', { name: 'Grant credits' }).click()
  const reason = `a late picture ${Date.now()}`
  await page.getByLabel('Credits', { exact: true }).fill('2.5')
  await page.getByLabel('Reason, kept in the audit log').fill(reason)
  await page.getByRole('button', { name: 'Grant 2.50' }).click()
  await expect(page.getByRole('dialog')).toHaveCount(0)

  const { items: [moved] } = await asked(page, admin, '/api/admin/transactions?kind=issue&limit=1') as { items: { reference: string; gross: string }[] }
  expect(moved?.gross).toBe('2.5')
  await page.goto('/admin/transactions')
  await page.getByRole('textbox', { name: 'Any id, transaction number or e-mail address' }).fill(moved?.reference ?? '')
  await page.getByRole('button', { name: 'Trace' }).first().click()
  await expect(page.getByText('Gross is net and fee together, movement by movement.')).toBeVisible()

  await page.goto('/admin/audit-log?action=credits.added')
  await expect(page.getByRole('cell', { name: reason })).toBeVisible()
})

test('a worker is drained and let to work again, each with a reason', async ({ page }) => {
  await signIn(page, admin)
  await page.goto('/admin/workers?state=alive')
  const drained = page.getByRole('row').filter({ hasText: 'draining' })
  const before = await page.getByRole('button', { name: /^Drain / }).first().waitFor().then(() => drained.count())
  await page.getByRole('button', { name: /^Drain / }).first().click()
  await page.getByLabel('Reason, kept in the audit log').fill('an update')
  await page.getByRole('dialog').getByRole('button', { name: 'Drain' }).click()
  await expect(drained).toHaveCount(before + 1)
  await drained.first().getByRole('button', { name: /^Let / }).click()
  await page.getByLabel('Reason, kept in the audit log').fill('it is updated')
  await page.getByRole('dialog').getByRole('button', { name: 'Let it work' }).click()
  await expect(drained).toHaveCount(before)
})

test('what all that match would be is shown before anything is done', async ({ page }) => {
  await signIn(page, admin)
  await page.goto('/admin/jobs?state=parked')
  await page.getByRole('button', { name: 'All that match' }).click()
  await expect(page.getByText('0 jobs match.')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Settle 0 again' })).toBeDisabled()
})
