import { mdiHistory, mdiImageOutline } from '@mdi/js'
import { defineFeature } from '@/app/feature'

/** Images that were asked for: all of them, one of them, some beside each other. */
export default defineFeature({
  slice: 'tasks',
  routes: [
    { path: '/history', name: 'history', page: () => import('./pages/HistoryPage.vue') },
    { path: '/tasks/:id', name: 'task', page: () => import('./pages/TaskPage.vue') },
    { path: '/compare', name: 'compare', page: () => import('./pages/ComparePage.vue') },
  ],
  nav: [{ to: '/history', word: 'history', icon: mdiHistory, section: 'create', order: 20 }],
  ids: [{ word: 'task', icon: mdiImageOutline, to: (id) => `/tasks/${id}` }],
})
