import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'

const LEVELS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

/**
 * What axe cannot decide, and why that is no fault of the page. Anything else that it leaves open counts as a fault:
 * a page that axe cannot read looks clean.
 */
const UNDECIDED: Readonly<Record<string, string>> = {
  'color-contrast': 'layered and transparent grounds of buttons, chips and fields; the tokens keep their contrast in tokens.spec.ts',
  'aria-valid-attr-value': 'the button of a closed menu names the menu, which is on the page only while it is open',
}

/** Everything on the page that keeps somebody from using it, in words. */
export async function barriers(page: Page): Promise<string[]> {
  const found = await new AxeBuilder({ page }).withTags(LEVELS).analyze()
  const describe = (kind: string) => (it: (typeof found.violations)[number]) =>
    `${kind} ${it.id}: ${it.help}: ${it.nodes.map((node) => node.target.join(' ')).join(' | ')}`
  return [
    ...found.violations.map(describe('violation')),
    ...found.incomplete.filter((it) => !(it.id in UNDECIDED)).map(describe('undecided')),
  ]
}
