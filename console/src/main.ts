import { createPinia } from 'pinia'
import { PiniaColada } from '@pinia/colada'
import { createApp } from 'vue'
import 'vuetify/styles/core'
import './app/base.css'
import './app/density'
import Root from './app/Root.vue'
import { i18n, preferred, speak } from './app/i18n'
import { makeRouter } from './app/router'
import { styleByCode, vuetify } from './app/theme'
import '@/api/problem'

const app = createApp(Root)
styleByCode(app)
app.use(createPinia())
app.use(PiniaColada, { queryOptions: { staleTime: 5_000, gcTime: 300_000, refetchOnWindowFocus: true } })
app.use(i18n)
app.use(vuetify)
await speak(preferred())
app.use(makeRouter())
app.mount('#app')
