import { ref, watch } from 'vue'
import { createVuetify, type ThemeDefinition } from 'vuetify'
import { mdi } from 'vuetify/iconsets/mdi-svg'
import type { App } from 'vue'
import { locale } from './i18n'
import { store, stored } from './storage'
import { dark, light, type Palette } from './tokens'
import { icons, zhHans } from './vuetify-parts'

export const THEMES = ['system', 'light', 'dark'] as const
export type ThemeName = (typeof THEMES)[number]

/** What the person chose; by default what their system does. */
export const theme = ref<ThemeName>(THEMES.find((it) => it === stored('theme')) ?? 'system')

function definition(palette: Palette, isDark: boolean): ThemeDefinition {
  return {
    dark: isDark,
    colors: { ...palette },
    // Labels and helper texts at Vuetify's own opacity are too faint to read.
    variables: { 'medium-emphasis-opacity': 0.78, 'border-color': palette.outline, 'border-opacity': 0.34 },
  }
}

export const vuetify = createVuetify({
  icons: { defaultSet: 'mdi', aliases: icons, sets: { mdi } },
  // Its own words; ours are compiled at build time, and the compiler stays there.
  locale: { locale: 'en', messages: { zhHans } },
  theme: { defaultTheme: theme.value, themes: { light: definition(light, false), dark: definition(dark, true) } },
  defaults: {
    global: { ripple: false },
    VBtn: { variant: 'flat' },
    VTextField: { variant: 'outlined', density: 'comfortable', hideDetails: 'auto', color: 'primary' },
    VTextarea: { variant: 'outlined', density: 'comfortable', hideDetails: 'auto', color: 'primary' },
    VSelect: { variant: 'outlined', density: 'comfortable', hideDetails: 'auto', color: 'primary' },
    VTooltip: { openDelay: 400 },
  },
})

watch(locale, (language) => { vuetify.locale.current.value = language === 'zh-CN' ? 'zhHans' : 'en' })

/** Changes the theme here and now, and remembers it. */
export function wear(name: ThemeName): void {
  theme.value = name
  store('theme', name === 'system' ? undefined : name)
  if (name === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = name
  vuetify.theme.change(name)
}

interface Head {
  style: { textContent: string }[]
}

/**
 * Vuetify writes its theme into a `<style>` element, which the page's policy forbids; to a head manager it hands the
 * text instead. So we are one, with a constructed style sheet. It must be there before Vuetify is installed.
 */
export function styleByCode(app: App): void {
  app.provide('usehead', {
    push(head: () => Head) {
      const sheet = new CSSStyleSheet()
      const write = (read: () => Head) => { sheet.replaceSync(read().style[0]?.textContent ?? '') }
      write(head)
      document.adoptedStyleSheets.push(sheet)
      return { patch: write }
    },
  })
}
