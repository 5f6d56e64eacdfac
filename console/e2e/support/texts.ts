import { readFileSync } from 'node:fs'

/** The words of a slice in a language, by their keys; of words that count, the first form. */
export function texts(slice: string, language: 'en' | 'zh-CN'): (key: string) => string {
  const file = new URL(`../../src/features/${slice}/text.${language}.json`, import.meta.url)
  const all = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
  return (key) => {
    const text = all[key]
    if (typeof text !== 'string') throw new Error(`${slice} has no text ${key}`)
    return text.split('|')[0]?.trim() ?? ''
  }
}
