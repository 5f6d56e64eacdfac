import { stack, type Login } from './stack'

/** The API as somebody uses it beside the page: to set a scene, and to compare. */
export interface Api {
  get<T>(path: string): Promise<T>
  /** Answers the body, whatever the status of success. */
  post<T>(path: string, body: object): Promise<T>
  put<T>(path: string, body: object): Promise<T>
}

/** Signs in. */
export async function api(login: Login): Promise<Api> {
  const { access_token: token } = await call<{ access_token: string }>('POST', '/api/auth/login', {}, login)
  const headers = { authorization: `Bearer ${token}` }
  return {
    get: (path) => call('GET', path, headers),
    post: (path, body) => call('POST', path, headers, body),
    put: (path, body) => call('PUT', path, headers, body),
  }
}

async function call<T>(method: string, path: string, headers: Record<string, string>, body?: object): Promise<T> {
  const answer = await fetch(stack.api_url + path, {
    method,
    headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
  return (text === '' ? undefined : JSON.parse(text)) as T
}

/** Hosts a simulated key of this user: nobody else's tasks come to it while it has the market's highest price. */
export async function host(owner: Api, key: string, price = '0.5'): Promise<string> {
  const resource = await owner.post<{ id: string }>('/api/resource/connect', {
    provider: 'stability', api_key: key, name: 'A key of a journey', price_per_unit: price, attestation: true,
  })
  return resource.id
}
