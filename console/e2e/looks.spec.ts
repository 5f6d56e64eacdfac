import { mkdirSync, writeFileSync } from 'node:fs'
import type { Page } from '@playwright/test'
import { barriers } from './support/axe'
import { places } from './support/pages'
import { expect, settled, signIn, test } from './support/test'

/** Takes a picture of what is seen at first, as WebP, which the browser itself writes. */
async function picture(page: Page, path: string): Promise<void> {
  const png = (await page.screenshot({ animations: 'disabled' })).toString('base64')
  const blank = await page.context().newPage()
  const url = await blank.evaluate(async (data) => {
    const image = new Image()
    image.src = `data:image/png;base64,${data}`
    await image.decode()
    const canvas = document.createElement('canvas')
    canvas.width = image.width
    canvas.height = image.height
    canvas.getContext('2d')?.drawImage(image, 0, 0)
    return canvas.toDataURL('image/webp', 0.7)
  }, png)
  await blank.close()
  writeFileSync(path, Buffer.from(url.replace(/^data:image\/webp;base64,/, ''), 'base64'))
}

/** Where pictures go, when somebody wants them. */
const pictures = process.env.AETHERFLOW_PICTURES
if (pictures) mkdirSync(pictures, { recursive: true })

for (const theme of ['light', 'dark'] as const) {
  test(`every page can be read and used by everybody, and fits its width, in the ${theme} theme @phone`, async ({ page }, info) => {
    test.setTimeout(240_000)
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' })
    let signedIn = ''
    for (const place of await places()) {
      await test.step(place.path, async () => {
        if (place.login && place.login.email !== signedIn) {
          await page.context().clearCookies()
          await signIn(page, place.login)
          signedIn = place.login.email
        }
        await page.goto(place.path)
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
        await settled(page)
        expect.soft(await barriers(page), place.path).toEqual([])
        const beyond = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
        expect.soft(beyond, `${place.path} is wider than the window by`).toBe(0)
        if (pictures) await picture(page, `${pictures}/${place.name}-${theme}-${info.project.name}.webp`)
      })
    }
  })
}

test('the search for barriers is awake: it finds those of a page that was broken on purpose', async ({ page }) => {
  await page.goto('/login')
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  await page.evaluate(() => {
    const faint = document.createElement('p')
    faint.textContent = 'hardly to be read'
    faint.style.color = '#ddd'
    faint.style.background = '#fff'
    const unnamed = document.createElement('button')
    document.querySelector('main, #app')?.append(faint, unnamed)
  })

  const found = await barriers(page)

  expect(found.filter((it) => it.startsWith('violation color-contrast'))).toHaveLength(1)
  expect(found.filter((it) => it.startsWith('violation button-name'))).toHaveLength(1)
})
