import { api, host, type Api } from './support/api'
import { sql } from './support/sql'
import { books } from './support/stack'
import { counting } from './support/steps'
import { expect, register, settled, signIn, simulate, stack, test } from './support/test'

interface Task { id: string; status: string; attempts: { state: string; error_class?: string }[] }

const unique = () => `${Date.now()}-${Math.floor(Math.random() * 1e6)}`

/** A task on the keys its consumer hosts. */
const submit = (who: Api, prompt: string, more: object = {}) =>
  who.post<Task>('/api/generate/text-to-image', { prompt, model: 'stability/core', route: 'own', ...more })

test('a key whose provider fails rests, says so, and recovers by itself', async ({ page }) => {
  const key = `sk-cools-${unique()}`
  await simulate(key, { balance: 500, latency_ms: 50 })
  const me = await api(await register(page, 'cools'))
  const resource = await host(me, key)
  await simulate(key, { faults: { provider_transient: 1 } })

  const task = await submit(me, 'a kettle that boils over')
  await page.goto(`/resources/${resource}`)
  await expect(page.getByText('It rests after an error and is tried again by itself.')).toBeVisible()

  await simulate(key, { faults: {} })
  await expect.poll(async () => (await me.get<Task>(`/api/generate/task/${task.id}`)).status, { timeout: 50_000 }).toBe('completed')
  await expect(page.getByText('It rests after an error and is tried again by itself.')).toHaveCount(0)
  await expect(page.getByText('Healthy').first()).toBeVisible()
})

test('tabs whose token ran out at once renew it once, and stay signed in', async ({ page, context }) => {
  await register(page, 'expires')
  const old = new Set<string>()
  let expired = false
  let renewals = 0
  await context.route('**/api/**', async (route) => {
    const request = route.request()
    const sent = (await request.allHeaders())['authorization']
    if (request.url().endsWith('/api/auth/refresh')) renewals += 1
    else if (sent && !expired) old.add(sent)
    // What a server says of a token whose time is over, it says of one that it cannot read.
    if (sent && expired && old.has(sent)) return route.continue({ headers: { ...request.headers(), authorization: 'Bearer over' } })
    return route.continue()
  })
  const other = await context.newPage()
  await other.addInitScript(() => { localStorage.setItem('aetherflow.signed-in', '1') })
  for (const tab of [page, other]) {
    await tab.goto('/generate')
    await settled(tab)
  }

  expired = true
  renewals = 0
  await Promise.all([page, other].map((tab) => tab.getByRole('link', { name: /credits to spend/ }).click()))
  for (const tab of [page, other]) {
    await expect(tab.getByRole('heading', { level: 1, name: 'Wallet' })).toBeVisible()
    await expect(tab.getByRole('heading', { name: 'To spend' })).toBeVisible()
    await settled(tab)
    expect(tab.url()).toContain('/wallet')
  }
  // One for all tabs; a second where a tab asked after the first had been answered.
  expect(renewals).toBeGreaterThan(0)
  expect(renewals).toBeLessThanOrEqual(2)
})

test('a parked settlement is settled again in three steps, and nothing is bought twice', async ({ page }) => {
  const key = `sk-parked-${unique()}`
  await simulate(key, { balance: 500, latency_ms: 1_500 })
  const me = await api(await register(page, 'parked'))
  await host(me, key)
  const task = await submit(me, 'a letter that cannot be delivered')
  // Whatever closes this task's hold fails, as a defect of ours would.
  await sql(`CREATE OR REPLACE FUNCTION ledger.poison() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'poisoned by a journey'; END $$;
    CREATE OR REPLACE TRIGGER poison BEFORE UPDATE ON ledger.hold FOR EACH ROW
      WHEN (new.id = '${task.id}') EXECUTE FUNCTION ledger.poison()`)
  try {
    const admin = await api(stack.users.admin)
    const parked = () => admin.get<{ items: { id: string }[] }>('/api/admin/jobs?state=parked')
    await expect.poll(async () => (await parked()).items.map((it) => it.id), { timeout: 40_000 }).toContain(task.id)
  } finally {
    await sql('DROP TRIGGER poison ON ledger.hold; DROP FUNCTION ledger.poison()')
  }

  await page.context().clearCookies()
  await signIn(page, stack.users.admin)
  await page.goto('/admin')
  const steps = counting(page)
  await steps.follow(/settlements? (is|are) parked/)
  await steps.press(`Settle ${task.id} again?`)
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Reason, kept in the audit log').fill('the defect is mended')
  await dialog.getByRole('button', { name: 'Settle again' }).click()
  await expect(dialog).toHaveCount(0)
  expect(steps.steps + 1, 'screens to settle a parked task').toBeLessThanOrEqual(3)
  await expect.poll(async () => (await me.get<Task>(`/api/generate/task/${task.id}`)).status, { timeout: 40_000 }).toBe('completed')
  expect((await books(key)).images).toBe(1)
})

test('ten thousand waiting jobs are a list like any other, and are canceled in pieces', async ({ page }) => {
  test.setTimeout(120_000)
  const key = `sk-crowd-${unique()}`
  await simulate(key, { balance: 500, latency_ms: 50 })
  const login = await register(page, 'crowd')
  const me = await api(login)
  const resource = await host(me, key)
  await me.put(`/api/resource/${resource}`, { concurrency_limit: 1 })
  const { id: user } = await me.get<{ id: string }>('/api/auth/profile')
  await simulate(key, { latency_ms: 600_000 })
  const busy = await submit(me, 'the one that is made')
  await expect.poll(async () => (await me.get<Task>(`/api/generate/task/${busy.id}`)).status).toBe('processing')
  const task = await submit(me, 'the first of many', { deadline_seconds: 3_600 })
  // Ten thousand submits would take the whole time of this journey: these are copies of one, row by row.
  await sql(`
    CREATE TEMP TABLE copied AS SELECT gen_random_uuid() AS id FROM generate_series(1, 9999);
    CREATE TEMP TABLE task AS SELECT t.* FROM generation.task t WHERE t.id = '${task.id}';
    CREATE TEMP TABLE hold AS SELECT h.* FROM ledger.hold h WHERE h.id = '${task.id}';
    INSERT INTO ledger.hold SELECT (jsonb_populate_record(h, jsonb_build_object('id', c.id))).* FROM hold h, copied c;
    INSERT INTO generation.task SELECT (jsonb_populate_record(t, jsonb_build_object('id', c.id))).* FROM task t, copied c`)

  await page.context().clearCookies()
  await signIn(page, stack.users.admin)
  await page.addInitScript(() => {
    const seen = { slowest: 0 }
    Object.assign(window, { seen })
    new PerformanceObserver((list) => { for (const it of list.getEntries()) seen.slowest = Math.max(seen.slowest, it.duration) })
      .observe({ type: 'event', durationThreshold: 16 } as PerformanceObserverInit)
  })
  await page.goto(`/admin/jobs?state=waiting&user=${user}`)
  await expect(page.getByRole('row').nth(5)).toBeVisible()
  const before = await page.getByRole('row').count()
  await page.getByRole('button', { name: 'Load more' }).click()
  await expect.poll(() => page.getByRole('row').count()).toBeGreaterThan(before)
  for (const it of ['j', 'j', 'k']) await page.keyboard.press(it)
  await settled(page)
  const { slowest } = await page.evaluate(() => (window as unknown as { seen: { slowest: number } }).seen)
  console.log(`    the slowest input among 10,000 waiting jobs: ${slowest} ms`)

  await page.getByRole('button', { name: 'All that match' }).click()
  const dialog = page.getByRole('dialog')
  await expect(dialog.getByText(/10,?000 jobs match\./)).toBeVisible()
  await dialog.getByLabel('Reason, kept in the audit log').fill('a crowd of a journey')
  await dialog.getByRole('button', { name: 'Cancel 500' }).click()
  await expect(dialog.getByText(/9,?500 still match\./)).toBeVisible({ timeout: 40_000 })
  await sql(`SELECT generation.cancel_user_tasks('${user}')`)
})

test('a worker that dies in mid-call costs a try and nothing else, and the page says so', async ({ page }) => {
  test.setTimeout(120_000)
  const key = `sk-dies-${unique()}`
  await simulate(key, { balance: 500, latency_ms: 50 })
  const me = await api(await register(page, 'dies'))
  await host(me, key)
  // Once it has delivered, everybody knows it: it comes before the keys of others.
  const first = await submit(me, 'a bridge')
  await me.get(`/api/generate/task/${first.id}?wait=30`)
  await simulate(key, { latency_ms: 600_000 })
  const task = await submit(me, 'a bridge half built', { route: 'any' })
  await page.goto(`/tasks/${task.id}`)

  const admin = await api(stack.users.admin)
  const call = async () => (await admin.get<{ attempts: { state: string; worker_id?: string }[] }>(`/api/admin/jobs/${task.id}`)).attempts.at(0)
  await expect.poll(async () => (await call())?.state).toBe('calling')
  const worker = (await call())?.worker_id
  const { items: workers } = await admin.get<{ items: { id: string; pid: number }[] }>('/api/admin/workers?state=alive')
  const pid = workers.find((it) => it.id === worker)?.pid
  expect(pid, `the worker ${worker}`).toBeGreaterThan(1)
  process.kill(pid ?? 0, 'SIGKILL')

  await expect(page.getByText('the worker stopped during the call')).toBeVisible({ timeout: 60_000 })
  await expect.poll(async () => (await me.get<Task>(`/api/generate/task/${task.id}`)).status, { timeout: 40_000 }).toBe('completed')
  const done = await me.get<Task>(`/api/generate/task/${task.id}`)
  expect(done.attempts.map((it) => it.state)).toEqual(['unknown', 'delivered'])
  const { items: charges } = await me.get<{ items: { related_task_id?: string }[] }>('/api/wallet/transactions?type=consume')
  expect(charges.filter((it) => it.related_task_id === task.id)).toHaveLength(1)
})
