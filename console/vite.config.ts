import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath, URL } from 'node:url'
import VueI18n from '@intlify/unplugin-vue-i18n/vite'
import vue from '@vitejs/plugin-vue'
import { defineConfig, type ProxyOptions } from 'vite'
import vuetify from 'vite-plugin-vuetify'

/** Where the API of the stack on this machine answers: `AETHERFLOW_API`, else what `cargo xtask up` wrote down. */
function api(): string {
  if (process.env.AETHERFLOW_API) return process.env.AETHERFLOW_API
  const stack = new URL('../.dev/stack.json', import.meta.url)
  if (!existsSync(stack)) return 'http://127.0.0.1:3000'
  return (JSON.parse(readFileSync(stack, 'utf8')) as { api_url: string }).api_url
}

/** The cookie of a session is for pages of the API's own origin, so the proxy speaks as one. */
function proxy(): Record<string, ProxyOptions> {
  const target = api()
  const own: ProxyOptions = { target, changeOrigin: true, headers: { origin: target } }
  return { '/api': own, '/health': own }
}

/** The policy the API serves the console with, so that a preview breaks where production would. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; base-uri 'none'; " +
  "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types vue"

export default defineConfig({
  plugins: [
    // Components are written with setup, ours and Vuetify's, so the other way of writing them is not shipped.
    vue({ features: { optionsAPI: false } }),
    vuetify(),
    VueI18n({
      include: [fileURLToPath(new URL('./src/**/text.*.json', import.meta.url))],
      runtimeOnly: true,
      compositionOnly: true,
      fullInstall: false,
      strictMessage: true,
      dropMessageCompiler: true,
    }),
  ],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  build: {
    target: 'es2022',
    manifest: true,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
  },
  server: { proxy: proxy() },
  preview: { proxy: proxy(), headers: { 'Content-Security-Policy': POLICY } },
})
