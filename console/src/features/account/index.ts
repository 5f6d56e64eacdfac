import { mdiKeyOutline } from '@mdi/js'
import { defineFeature } from '@/app/feature'

/** Signing in and up, and what a person sets about themselves. */
export default defineFeature({
  slice: 'account',
  routes: [
    { path: '/login', name: 'login', page: () => import('./pages/LoginPage.vue'), open: true, bare: true },
    { path: '/register', name: 'register', page: () => import('./pages/RegisterPage.vue'), open: true, bare: true },
    { path: '/profile', name: 'profile', page: () => import('./pages/ProfilePage.vue') },
  ],
  palette: [{ word: 'password', icon: mdiKeyOutline, to: '/profile#password' }],
})
