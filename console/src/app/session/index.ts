import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { getTotp, login, logout, refreshSession, register } from '@/api/gen'
import type { LoginWritable, RegistrationWritable, Role, Session, User } from '@/api/gen'
import { asProblem, type Problem } from '@/api/problem'
import { authorizeBy } from '@/api/authorized'
import { store, stored } from '../storage'
import { alone } from './lock'

/** A token is renewed this long before it ends, so that no request is sent with one that dies on the way. */
const MARGIN_MS = 20_000
const COOKIE = { 'X-Aether-Session': 'cookie' } as const

/** What tabs tell each other. It never leaves the origin, and no token is ever stored. */
type Word = { kind: 'session'; session: Session; until: number } | { kind: 'ended' }

/**
 * Who is signed in. The access token lives in memory; the refresh token in a cookie no script can read. One tab
 * refreshes at a time, and the others take what it got.
 */
export const useSession = defineStore('session', () => {
  const user = ref<User>()
  /** Why it is not known who is signed in, when the server could not be asked. */
  const trouble = ref<Problem>()
  /** The person ended the session, here or in another tab; without it, it ran out. */
  const left = ref(false)
  /** The server refuses everything until a second factor is set up; undefined while that is asked. */
  const mustEnrol = ref<boolean>()
  let token: string | undefined
  let until = 0
  let asked: Promise<void> | undefined
  const channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel('aetherflow.session') : undefined

  const signedIn = computed(() => user.value !== undefined)
  const has = (role: Role) => user.value?.roles.includes(role) ?? false

  function take(session: Session, end: number) {
    token = session.access_token
    until = end
    user.value = session.user
    trouble.value = undefined
    store('signed-in', '1')
  }

  function begin(session: Session) {
    take(session, Date.now() + session.expires_in * 1000)
    channel?.postMessage({ kind: 'session', session, until } satisfies Word)
  }

  function forget() {
    token = undefined
    until = 0
    user.value = undefined
    store('signed-in', undefined)
  }

  function leave() {
    left.value = true
    forget()
  }

  /** Asks whether this admin must set up a second factor. That it cannot be asked is said by the pages. */
  async function enrolment(): Promise<void> {
    try {
      const status = has('admin') ? (await getTotp({ throwOnError: true })).data : undefined
      mustEnrol.value = status !== undefined && status.required && !status.enabled
    } catch {
      mustEnrol.value = false
    }
  }

  channel?.addEventListener('message', ({ data }: MessageEvent<Word>) => {
    if (data.kind === 'ended') return leave()
    take(data.session, data.until)
    if (mustEnrol.value === undefined) void enrolment()
  })

  /** Renews the session by its cookie, unless another tab did while this one waited for its turn. */
  async function renew(refused?: string): Promise<string | undefined> {
    return alone('refresh', async () => {
      if (token && token !== refused && Date.now() < until - MARGIN_MS) return token
      try {
        begin((await refreshSession({ headers: COOKIE, throwOnError: true })).data)
      } catch (error) {
        const problem = asProblem(error)
        // Only a refusal ends the session. That the server does not answer says nothing about it.
        if (problem?.status === 401 || problem?.status === 403) forget()
        else if (!user.value) trouble.value = problem
        else throw error
      }
      return token
    })
  }

  authorizeBy({
    token: async () => {
      if (!token) return undefined
      return Date.now() < until - MARGIN_MS ? token : renew(token)
    },
    renew,
  })

  return {
    user, trouble, left, mustEnrol, signedIn, has, enrolment,
    /** Finds out who is signed in, once for each page load. */
    ready(): Promise<void> {
      if (stored('signed-in') === undefined) return Promise.resolve()
      asked ??= renew().then(enrolment)
      return asked
    },
    /** Asks again, after trouble. */
    async again(): Promise<void> {
      asked = undefined
      await this.ready()
    },
    /** With `code`, a user with a second factor. */
    async login(body: LoginWritable & { code?: string }): Promise<void> {
      begin((await login({ body, headers: COOKIE, throwOnError: true })).data)
      await enrolment()
    },
    async register(body: RegistrationWritable): Promise<void> {
      begin((await register({ body, headers: COOKIE, throwOnError: true })).data)
    },
    /** Ends the session under the lock, so that no other tab's refresh is under way, and in all tabs. */
    async logout(): Promise<void> {
      await alone('refresh', async () => {
        await logout({ headers: COOKIE, throwOnError: true })
        leave()
      })
      channel?.postMessage({ kind: 'ended' } satisfies Word)
    },
    /** Gets a new access token: the one at hand was ended by the server, as a change of the password does. */
    async renew(): Promise<void> {
      await renew(token)
    },
    /** The profile was changed here. */
    changed(theirs: User): void {
      user.value = theirs
    },
    /** The server ended every session. */
    ended(): void {
      leave()
      channel?.postMessage({ kind: 'ended' } satisfies Word)
    },
  }
})
