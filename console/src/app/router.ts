import { createRouter, createWebHistory, type Router } from 'vue-router'
import { record } from './feature'
import { features, home } from './features'
import { i18n, textsOf } from './i18n'
import { reloadLost } from './chunks'
import { useSession } from './session'

/** Targets of links stop below the bar. */
const BELOW_BAR_PX = 80
/** Until when what a link points at should have come. */
const APPEARS_MS = 3_000

/** What a hash names, once it is on the page; undefined if it does not come. */
async function appearing(hash: string): Promise<HTMLElement | undefined> {
  for (const end = Date.now() + APPEARS_MS; Date.now() < end;) {
    const found = document.getElementById(hash.slice(1))
    if (found) return found
    if (location.hash === '') return undefined
    await new Promise((done) => { setTimeout(done, 50) })
  }
  return undefined
}

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
      if (to.hash && (to.path !== from.path || to.hash !== from.hash)) {
        const target = await appearing(to.hash)
        if (target) return { el: target, top: BELOW_BAR_PX }
      }
      return to.path === from.path ? false : { top: 0 }
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
  reloadLost(router, sessionStorage, (path) => { location.assign(path) })
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
