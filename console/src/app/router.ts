import { createRouter, createWebHistory, type Router } from 'vue-router'
import { reloadLost, tabStorage } from './chunks'
import { record } from './feature'
import { features, home } from './features'
import { i18n, textsOf } from './i18n'
import { useSession } from './session'
import { show } from './target'

/** Builds the router from what the slices register. A page waits for its texts, which load beside it. */
export function makeRouter(): Router {
  const routes = features.flatMap((feature) =>
    feature.routes.map((route) =>
      record(feature, route, async () => (await Promise.all([route.page(), textsOf(feature.slice)]))[0]),
    ),
  )
  const router = createRouter({
    history: createWebHistory(),
    routes: [
      { path: '/', name: 'home', redirect: () => home(useSession().user?.roles ?? []) },
      ...routes,
      { path: '/:rest(.*)*', name: 'missing', component: () => import('./MissingPage.vue'), meta: { open: true } },
    ],
    scrollBehavior: async (to, from, saved) => {
      if (saved) return saved
      const same = to.path === from.path
      if (to.hash && !(same && to.hash === from.hash) && await show(to.hash)) return false
      return same ? false : { top: 0 }
    },
  })
  router.beforeEach(async (to) => {
    const session = useSession()
    await session.ready()
    // In trouble nobody knows who this is: the frame says so, at the address that was asked for.
    if (session.trouble) return true
    // Who is signed in has no use for the pages to sign in.
    if (session.signedIn && to.meta.bare) return destination(to.query.to, session.user?.roles ?? [])
    if (!session.signedIn && !to.meta.open) return { name: 'login', query: to.fullPath === '/' ? {} : { to: to.fullPath } }
    if (to.meta.role && !session.has(to.meta.role)) return { name: 'missing', params: { rest: to.path.slice(1).split('/') } }
    return true
  })
  reloadLost(router, tabStorage(), (path) => { location.assign(path) })
  router.afterEach((to, from) => {
    if (to.path === from.path) return
    const { slice } = to.meta
    const key = `${slice}.title.${String(to.name)}`
    document.title = slice && i18n.global.te(key) ? `${i18n.global.t(key)} · Aetherflow` : 'Aetherflow'
  })
  return router
}

/** Where to go after signing in: the page that was asked for, if it is one of ours. */
export function destination(to: unknown, roles: Parameters<typeof home>[0]): string {
  return typeof to === 'string' && /^\/(?![/\\])/.test(to) ? to : home(roles)
}
