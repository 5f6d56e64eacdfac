/**
 * Credits, as the API sends them: decimal strings with up to six places. They are never made numbers: sums and
 * comparisons count in millionths with whole numbers of any size.
 */

const PLACES = 6
const ONE = 10n ** BigInt(PLACES)
const AMOUNT = /^(-?)(\d+)(?:\.(\d{1,6}))?$/

/** Millionths of a credit; undefined if the text is no amount. */
export function micros(amount: string): bigint | undefined {
  const match = AMOUNT.exec(amount.trim())
  if (!match) return undefined
  const [, sign, whole, fraction = ''] = match
  const size = BigInt(whole ?? '0') * ONE + BigInt(fraction.padEnd(PLACES, '0'))
  return sign === '-' ? -size : size
}

/** The amount of so many millionths, in the API's form: no trailing zeros. */
export function amount(count: bigint): string {
  const size = count < 0n ? -count : count
  const fraction = (size % ONE).toString().padStart(PLACES, '0').replace(/0+$/, '')
  return `${count < 0n ? '-' : ''}${size / ONE}${fraction ? `.${fraction}` : ''}`
}

function exact(text: string): bigint {
  const count = micros(text)
  if (count === undefined) throw new RangeError(`not an amount: ${text}`)
  return count
}

/** The sum of amounts. */
export function sum(amounts: Iterable<string>): string {
  let total = 0n
  for (const it of amounts) total += exact(it)
  return amount(total)
}

/** What is left of `from` without `less`; negative if it is too little. */
export function minus(from: string, less: string): string {
  return amount(exact(from) - exact(less))
}

/** So many times an amount. */
export function times(one: string, count: number): string {
  return amount(exact(one) * BigInt(count))
}

/** Negative, zero or positive, as `left` is less than, equal to or more than `right`. */
export function compare(left: string, right: string): number {
  const difference = exact(left) - exact(right)
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

/** Whether somebody who wants to be told below `at` is to be told now. */
export function isLow(available: string | undefined, at: string | undefined): boolean {
  return available !== undefined && at !== undefined && compare(available, at) < 0
}

/** `part` of `whole`, between 0 and 1, for bars; it is for the eye, so a number will do. */
export function share(part: string, whole: string): number {
  const of = exact(whole)
  if (of <= 0n) return 0
  const ratio = Number((exact(part) * 10_000n) / of) / 10_000
  return Math.min(1, Math.max(0, ratio))
}

const formats = new Map<string, Intl.NumberFormat>()

/** How an amount is written in a language: 2 to 6 places, and in ledgers with its sign. */
export function format(text: string, locale: string, signed = false): string {
  const key = `${locale}|${signed}`
  let writer = formats.get(key)
  if (!writer) {
    writer = new Intl.NumberFormat(locale, {
      minimumFractionDigits: 2,
      maximumFractionDigits: PLACES,
      signDisplay: signed ? 'exceptZero' : 'negative',
    })
    formats.set(key, writer)
  }
  // Strings are formatted exactly, whatever their size; numbers would be rounded to 15 digits.
  return writer.format(amount(exact(text)) as Intl.StringNumericLiteral)
}
