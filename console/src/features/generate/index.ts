import { mdiCreationOutline, mdiImagePlusOutline } from '@mdi/js'
import { defineFeature } from '@/app/feature'

/** Making images: the form with its price, and what becomes of each. */
export default defineFeature({
  slice: 'generate',
  routes: [{ path: '/generate', name: 'generate', page: () => import('./pages/GeneratePage.vue') }],
  nav: [{ to: '/generate', word: 'generate', icon: mdiCreationOutline, section: 'create', order: 10 }],
  palette: [{ word: 'new_image', icon: mdiImagePlusOutline, to: '/generate' }],
})
