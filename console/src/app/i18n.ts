import { nextTick, ref } from 'vue'
import { createI18n } from 'vue-i18n'
import { store, stored } from './storage'
import app from './text.en.json'

/** The languages of the console, by the names the API gives them. */
export const LOCALES = ['en', 'zh-CN'] as const
export type AppLocale = (typeof LOCALES)[number]

/** Where texts come from: the frame's own, and a file for each slice and language, loaded with the slice's routes. */
const files = import.meta.glob<{ default: Record<string, unknown> }>(['./text.zh-CN.json', '../features/*/text.*.json'])

/** Texts as the build leaves them: compiled, so their types say nothing. */
type Texts = Record<string, never>

export const i18n = createI18n<false>({
  legacy: false,
  locale: 'en',
  fallbackLocale: false,
  messages: { en: app as unknown as Texts, 'zh-CN': {} as Texts },
})

const have = new Set(['en'])
const slices = new Set<string>()

/** The language texts are shown in. */
export const locale = ref<AppLocale>('en')

function isLocale(it: string | undefined): it is AppLocale {
  return LOCALES.some((one) => one === it)
}

/** What the person chose here, else what their browser prefers. */
export function preferred(): AppLocale {
  const chosen = stored('locale')
  if (isLocale(chosen)) return chosen
  return navigator.languages.find((it) => /^(en|zh)\b/i.test(it))?.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en'
}

async function load(file: string, merge: (texts: Record<string, unknown>) => void): Promise<void> {
  const read = files[file]
  if (!read) return
  merge((await read()).default)
}

/** Loads what the slice says, in the language of the page. Its texts are under the name of its folder. */
export async function textsOf(slice: string, language: AppLocale = locale.value): Promise<void> {
  slices.add(slice)
  const mark = `${language}/${slice}`
  if (have.has(mark)) return
  await load(`../features/${slice}/text.${language}.json`, (texts) => {
    i18n.global.mergeLocaleMessage(language, { [slice]: texts })
    have.add(mark)
  })
}

/** Shows everything in another language, once its texts are here; nothing is ever half translated. */
export async function speak(language: AppLocale): Promise<void> {
  const own = have.has(language)
    ? Promise.resolve()
    : load(`./text.${language}.json`, (texts) => {
        i18n.global.mergeLocaleMessage(language, texts)
        have.add(language)
      })
  await Promise.all([own, ...[...slices].map((it) => textsOf(it, language))])
  locale.value = language
  i18n.global.locale.value = language
  document.documentElement.lang = language
  await nextTick()
}

/** Speaks a language from now on in this browser. */
export async function choose(language: AppLocale): Promise<void> {
  store('locale', language)
  await speak(language)
}
