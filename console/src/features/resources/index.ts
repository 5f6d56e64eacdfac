import { mdiKeyPlus, mdiKeyVariant } from '@mdi/js'
import { defineFeature } from '@/app/feature'

/** What owners host: their keys, how each is doing, and how to connect one. Connecting makes a person an owner. */
export default defineFeature({
  slice: 'resources',
  routes: [
    { path: '/resources', name: 'resources', page: () => import('./pages/ResourcesPage.vue') },
    { path: '/resources/connect', name: 'connect', page: () => import('./pages/ConnectPage.vue') },
    { path: '/resources/:id', name: 'resource', page: () => import('./pages/ResourcePage.vue') },
  ],
  nav: [{ to: '/resources', word: 'resources', icon: mdiKeyVariant, section: 'host', order: 1 }],
  palette: [{ word: 'connect', icon: mdiKeyPlus, to: '/resources/connect' }],
  ids: [{ word: 'resource', icon: mdiKeyVariant, role: 'resource_provider', to: (id) => `/resources/${id}` }],
})
