import {
  mdiAccountGroupOutline, mdiChartBar, mdiClipboardTextClockOutline, mdiCogOutline, mdiCpu64Bit, mdiGauge, mdiHubOutline,
  mdiImageMultipleOutline, mdiKeyChain, mdiPlayBoxMultipleOutline, mdiSwapHorizontal,
} from '@mdi/js'
import { defineFeature, type NavItem, type PageRoute } from '@/app/feature'

const role = 'admin' as const
const route = (path: string, name: string, page: PageRoute['page']): PageRoute => ({ path, name, page, role })
const item = (order: number, to: string, word: string, icon: string): NavItem => ({ to, word, icon, section: 'run', order, role })

/** What those who run the exchange see and change. Its pages share words and parts, so they are one slice. */
export default defineFeature({
  slice: 'admin',
  routes: [
    route('/admin', 'overview', () => import('./pages/OverviewPage.vue')),
    route('/admin/jobs', 'jobs', () => import('./pages/JobsPage.vue')),
    route('/admin/jobs/:id', 'job', () => import('./pages/JobPage.vue')),
    route('/admin/workers', 'workers', () => import('./pages/WorkersPage.vue')),
    route('/admin/users', 'users', () => import('./pages/UsersPage.vue')),
    route('/admin/users/:id', 'user', () => import('./pages/UserPage.vue')),
    route('/admin/transactions', 'transactions', () => import('./pages/TransactionsPage.vue')),
    route('/admin/resources', 'pool', () => import('./pages/PoolPage.vue')),
    route('/admin/providers', 'providers', () => import('./pages/ProvidersPage.vue')),
    route('/admin/models', 'models', () => import('./pages/ModelsPage.vue')),
    route('/admin/statistics', 'statistics', () => import('./pages/StatisticsPage.vue')),
    route('/admin/audit-log', 'audit_log', () => import('./pages/AuditLogPage.vue')),
    route('/admin/settings', 'settings', () => import('./pages/SettingsPage.vue')),
  ],
  nav: [
    item(1, '/admin', 'overview', mdiGauge),
    item(2, '/admin/jobs', 'jobs', mdiPlayBoxMultipleOutline),
    item(3, '/admin/workers', 'workers', mdiCpu64Bit),
    item(4, '/admin/users', 'users', mdiAccountGroupOutline),
    item(5, '/admin/transactions', 'transactions', mdiSwapHorizontal),
    item(6, '/admin/resources', 'pool', mdiKeyChain),
    item(7, '/admin/providers', 'providers', mdiHubOutline),
    item(8, '/admin/models', 'models', mdiImageMultipleOutline),
    item(9, '/admin/statistics', 'statistics', mdiChartBar),
    item(10, '/admin/audit-log', 'audit_log', mdiClipboardTextClockOutline),
    item(11, '/admin/settings', 'settings', mdiCogOutline),
  ],
  ids: [
    { word: 'movements', icon: mdiSwapHorizontal, role, to: (id) => `/admin/transactions?q=${id}` },
    { word: 'job', icon: mdiPlayBoxMultipleOutline, role, to: (id) => `/admin/jobs/${id}` },
    { word: 'user', icon: mdiAccountGroupOutline, role, to: (id) => `/admin/users/${id}` },
  ],
})
