import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { authorized, authorizeBy } from './authorized'

const URL = 'http://console.test/api/auth/profile/password'
let answers: Response[]
let sent: (string | null)[]
const renew = vi.fn(async () => 'new')
const refusal = (code: string) => new Response(JSON.stringify({ code, status: 401, detail: '' }), { status: 401 })

beforeEach(() => {
  sent = []
  renew.mockClear()
  authorizeBy({ token: async () => 'old', renew })
  vi.stubGlobal('fetch', async (request: Request) => {
    sent.push(request.headers.get('Authorization'))
    return answers.shift()
  })
})
afterEach(() => { vi.unstubAllGlobals() })

describe('a request as the signed-in user', () => {
  it.each(['auth.invalid_token', 'auth.required'])('is sent again with a newer token where the token was refused (%s)', async (code) => {
    answers = [refusal(code), new Response('{}')]
    const answer = await authorized(URL, { method: 'POST', body: '{}' })
    expect([answer.status, sent]).toEqual([200, ['Bearer old', 'Bearer new']])
  })

  it.each(['auth.invalid_credentials', 'auth.totp_invalid', 'auth.totp_required'])('is sent once where what the person typed is wrong (%s)', async (code) => {
    answers = [refusal(code), new Response('{}')]
    const answer = await authorized(URL, { method: 'POST', body: '{}' })
    expect([answer.status, sent, renew.mock.calls.length]).toEqual([401, ['Bearer old'], 0])
    expect(await answer.json(), 'the answer can still be read').toMatchObject({ code })
  })

  it('is sent once where somebody between refuses, who knows nothing of tokens', async () => {
    answers = [new Response('<html>', { status: 401 })]
    expect((await authorized(URL)).status).toBe(401)
    expect(sent).toHaveLength(1)
  })
})
