import { request } from '@playwright/test'
import { stack, type Login } from './stack'

/** A page to look at, and who looks. */
export interface Place {
  /** The name of its picture. */
  name: string
  path: string
  login?: Login
}

/** The one resource of the demo's first owner. */
async function resource(): Promise<string> {
  const api = await request.newContext({ baseURL: stack.api_url })
  const session = await (await api.post('/api/auth/login', { data: stack.users.owner })).json() as { access_token: string }
  const list = await (await api.get('/api/resource/list', { headers: { authorization: `Bearer ${session.access_token}` } })).json() as { items: { id: string }[] }
  await api.dispose()
  const first = list.items[0]
  if (!first) throw new Error('the owner of the demo hosts nothing')
  return first.id
}

/** Every page there is, by who sees it. A new page is added here, and is then looked at in both themes and widths. */
export async function places(): Promise<Place[]> {
  const { owner } = stack.users
  return [
    { name: 'login', path: '/login' },
    { name: 'register', path: '/register' },
    { name: 'profile', path: '/profile', login: stack.users.consumer },
    { name: 'resources', path: '/resources', login: owner },
    { name: 'connect', path: '/resources/connect', login: owner },
    { name: 'resource', path: `/resources/${await resource()}`, login: owner },
    { name: 'earnings', path: '/earnings', login: owner },
    { name: 'missing', path: '/no-such-page', login: owner },
  ]
}
