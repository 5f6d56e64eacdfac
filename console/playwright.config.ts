import { defineConfig } from '@playwright/test'
import { origin } from './e2e/support/stack'

const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 1 }

/**
 * Journeys through a real stack: the one of `cargo xtask up`, or that of `cargo xtask test`. The browser is the
 * machine's own (`CHROMIUM`, else Debian's); nothing is downloaded.
 */
export default defineConfig({
  testDir: 'e2e',
  outputDir: 'e2e/results',
  // The stack and the browser share the machine's few cores.
  workers: 1,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  forbidOnly: true,
  reporter: [['list']],
  use: {
    baseURL: origin,
    locale: 'en-GB',
    timezoneId: 'UTC',
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  projects: [
    { name: 'desktop', use: { viewport: { width: 1440, height: 900 } } },
    // What differs on a phone is the layout: the looks, and one journey.
    { name: 'phone', use: PHONE, grep: /@phone/ },
  ],
})
