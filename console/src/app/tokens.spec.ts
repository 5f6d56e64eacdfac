import { describe, expect, it } from 'vitest'
import { dark, light, type Palette } from './tokens'

type Rgb = [number, number, number]
const rgb = (hex: string): Rgb => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) as Rgb
const linear = (part: number) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
const luminance = ([r, g, b]: Rgb) => 0.2126 * linear(r / 255) + 0.7152 * linear(g / 255) + 0.0722 * linear(b / 255)
const contrast = (one: Rgb, other: Rgb) => {
  const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number]
  return (high + 0.05) / (low + 0.05)
}
/** A ground tinted with 12 % of a colour, as tonal chips are. */
const tinted = (ground: Rgb, ink: Rgb) => ground.map((part, at) => part * 0.88 + (ink[at] ?? 0) * 0.12) as Rgb

const GROUNDS = ['background', 'surface', 'surface-bright', 'surface-light']
const INKS = ['on-surface', 'muted', 'primary', 'credit', 'owner', 'admin', 'success', 'warning', 'error', 'info', 'secondary']

describe.each([['light', light], ['dark', dark]] as [string, Palette][])('the colours of the %s theme', (_, palette) => {
  const of = (name: string) => rgb(palette[name] ?? '')

  it.each(INKS)('%s can be read on every ground and on its own tint', (ink) => {
    for (const ground of GROUNDS) {
      expect(contrast(of(ink), of(ground)), ground).toBeGreaterThanOrEqual(5.5)
      expect(contrast(of(ink), tinted(of(ground), of(ink))), `tinted ${ground}`).toBeGreaterThanOrEqual(4.5)
    }
  })

  it('outlines can be seen', () => {
    for (const ground of GROUNDS) expect(contrast(of('outline'), of(ground)), ground).toBeGreaterThanOrEqual(3)
  })

  it.each(INKS.slice(2))('what is written on %s can be read', (ground) => {
    expect(contrast(of(`on-${ground}`), of(ground))).toBeGreaterThanOrEqual(4.5)
  })
})
