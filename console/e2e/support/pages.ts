import { request } from '@playwright/test'
import { stack, type Login } from './stack'

/** A page to look at, and who looks. */
export interface Place {
  /** The name of its picture. */
  name: string
  path: string
  login?: Login
}

/** The newest entry of a list, as somebody sees it. */
async function first(login: Login, path: string): Promise<string> {
  const api = await request.newContext({ baseURL: stack.api_url })
  const session = await (await api.post('/api/auth/login', { data: login })).json() as { access_token: string }
  const list = await (await api.get(path, { headers: { authorization: `Bearer ${session.access_token}` } })).json() as { items: { id: string }[] }
  await api.dispose()
  const id = list.items[0]?.id
  if (!id) throw new Error(`${path} is empty for ${login.email}`)
  return id
}

/** An image of the demo's consumer; one is made where there is none yet. */
export async function task(): Promise<string> {
  const api = await request.newContext({ baseURL: stack.api_url })
  const session = await (await api.post('/api/auth/login', { data: stack.users.consumer })).json() as { access_token: string }
  const headers = { authorization: `Bearer ${session.access_token}` }
  const done = await (await api.get('/api/generate/history?status=completed&limit=1', { headers })).json() as { items: { id: string }[] }
  let id = done.items[0]?.id
  if (!id) {
    const made = await (await api.post('/api/generate/text-to-image', { headers, data: { prompt: 'a lighthouse in a storm, oil on canvas' } })).json() as { id: string }
    id = made.id
    await api.get(`/api/generate/task/${id}?wait=20`, { headers })
  }
  await api.dispose()
  return id
}

/** Every page there is, by who sees it. A new page is added here, and is then looked at in both themes and widths. */
export async function places(): Promise<Place[]> {
  const { admin, owner } = stack.users
  return [
    { name: 'login', path: '/login' },
    { name: 'register', path: '/register' },
    { name: 'profile', path: '/profile', login: stack.users.consumer },
    { name: 'generate', path: '/generate', login: stack.users.consumer },
    { name: 'history', path: '/history', login: stack.users.consumer },
    { name: 'task', path: `/tasks/${await task()}`, login: stack.users.consumer },
    { name: 'compare', path: `/compare?ids=${await task()}`, login: stack.users.consumer },
    { name: 'wallet', path: '/wallet', login: stack.users.consumer },
    { name: 'resources', path: '/resources', login: owner },
    { name: 'connect', path: '/resources/connect', login: owner },
    { name: 'resource', path: `/resources/${await first(owner, '/api/resource/list')}`, login: owner },
    { name: 'earnings', path: '/earnings', login: owner },
    { name: 'admin', path: '/admin', login: admin },
    { name: 'admin-jobs', path: '/admin/jobs', login: admin },
    { name: 'admin-job', path: `/admin/jobs/${await task()}`, login: admin },
    { name: 'admin-workers', path: '/admin/workers', login: admin },
    { name: 'admin-users', path: '/admin/users', login: admin },
    { name: 'admin-user', path: `/admin/users/${await first(admin, `/api/admin/users?email=${encodeURIComponent(stack.users.consumer.email)}`)}`, login: admin },
    { name: 'admin-transactions', path: `/admin/transactions?q=${await task()}`, login: admin },
    { name: 'admin-resources', path: '/admin/resources', login: admin },
    { name: 'admin-providers', path: '/admin/providers', login: admin },
    { name: 'admin-models', path: '/admin/models', login: admin },
    { name: 'admin-statistics', path: '/admin/statistics', login: admin },
    { name: 'admin-audit-log', path: '/admin/audit-log', login: admin },
    { name: 'admin-settings', path: '/admin/settings', login: admin },
    { name: 'missing', path: '/no-such-page', login: owner },
  ]
}
