const formats = new Map<string, Intl.NumberFormat>()

/** Units of a provider as people read them: grouped, two places at the most. They are no credits. */
export function units(text: string, locale: string): string {
  let writer = formats.get(locale)
  if (!writer) formats.set(locale, (writer = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 })))
  return writer.format(text as Intl.StringNumericLiteral)
}

/** A rate as it was agreed, such as 0.125, in per cent and exactly: it is what somebody is paid by. */
export function rate(text: string, locale: string): string {
  return new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 6 }).format(text as Intl.StringNumericLiteral)
}

/** A share from 0 to 1 as per cent; whole unless that would hide that something failed. */
export function percent(share: number, locale: string): string {
  const digits = share > 0.99 && share < 1 ? 1 : 0
  // Rounding up to "100 %" would say that nothing failed.
  const shown = share < 1 ? Math.min(share, 0.999) : 1
  return new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: digits }).format(shown)
}
