import { mdiSproutOutline } from '@mdi/js'
import { defineFeature } from '@/app/feature'

/** What hosted keys earned, and what becomes of it. */
export default defineFeature({
  slice: 'earnings',
  routes: [{ path: '/earnings', name: 'earnings', page: () => import('./pages/EarningsPage.vue'), role: 'resource_provider' }],
  nav: [{ to: '/earnings', word: 'earnings', icon: mdiSproutOutline, section: 'host', order: 2, role: 'resource_provider' }],
})
