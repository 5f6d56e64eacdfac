import { mdiWalletOutline } from '@mdi/js'
import { defineFeature } from '@/app/feature'

/** Credits: what is there, what is set aside, and where each of them went. */
export default defineFeature({
  slice: 'wallet',
  routes: [{ path: '/wallet', name: 'wallet', page: () => import('./pages/WalletPage.vue') }],
  nav: [{ to: '/wallet', word: 'wallet', icon: mdiWalletOutline, section: 'create', order: 30 }],
})
