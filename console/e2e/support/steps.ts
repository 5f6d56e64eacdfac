import type { Page } from '@playwright/test'

/** Counts the screens and confirmations a person goes through on the way to a goal. */
export function counting(page: Page) {
  let steps = 0
  return {
    async press(name: string | RegExp): Promise<void> {
      steps += 1
      await page.getByRole('button', { name }).first().click()
    },
    async follow(name: string | RegExp): Promise<void> {
      steps += 1
      await page.getByRole('link', { name }).first().click()
    },
    get steps() { return steps },
  }
}
