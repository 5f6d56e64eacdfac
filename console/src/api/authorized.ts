import { reactive } from 'vue'

/** What the session lends to requests: set once by `app/session`, which alone knows the tokens. */
export interface Credentials {
  /** The access token, fresh enough to be sent; none if nobody is signed in. */
  token(): Promise<string | undefined>
  /** A newer token than the one that was refused; none if there is no session any more. */
  renew(refused: string): Promise<string | undefined>
}

let credentials: Credentials | undefined

/** Says who authorizes requests from now on. */
export function authorizeBy(theirs: Credentials): void {
  credentials = theirs
}

/** What the page knows about its connection, for the banner. */
export const connection = reactive({
  /** The last request did not arrive. */
  offline: false,
  /** Until when the server asked for fewer requests, in milliseconds since the epoch; 0 if it did not. */
  limitedUntil: 0,
})

/** These are asked with the session's cookie or with a password; a token would only make them fail in another way. */
const OPEN = /^\/api\/auth\/(login|register|refresh|logout)$/

/** Refusals of the token. Others of the same status are about a password or a code, and trying those twice counts twice. */
const TOKEN_REFUSED = new Set<unknown>(['auth.invalid_token', 'auth.required'])

async function refusesToken(response: Response): Promise<boolean> {
  if (response.status !== 401) return false
  try {
    return TOKEN_REFUSED.has(((await response.clone().json()) as { code?: unknown }).code)
  } catch {
    return false
  }
}

/** Sends a request as the signed-in user. A refused token is renewed once, and the request is sent again. */
export async function authorized(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const request = new Request(input, init)
  if (!credentials || OPEN.test(new URL(request.url).pathname)) return noted(request)
  const token = await credentials.token()
  if (!token) return noted(request)
  const again = request.clone()
  request.headers.set('Authorization', `Bearer ${token}`)
  const response = await noted(request)
  if (!(await refusesToken(response))) return response
  const renewed = await credentials.renew(token)
  if (!renewed) return response
  again.headers.set('Authorization', `Bearer ${renewed}`)
  return noted(again)
}

/** Sends a request and remembers how the connection is. */
async function noted(request: Request): Promise<Response> {
  try {
    const response = await fetch(request)
    connection.offline = false
    if (response.status === 429) {
      const seconds = Number(response.headers.get('Retry-After') ?? '1')
      connection.limitedUntil = Date.now() + (Number.isFinite(seconds) ? seconds : 1) * 1000
    }
    return response
  } catch (error) {
    if (!request.signal.aborted) connection.offline = true
    throw error
  }
}
