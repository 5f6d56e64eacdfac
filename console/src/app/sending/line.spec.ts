import { describe, expect, it } from 'vitest'
import type { Task, TextToImage } from '@/api/gen'
import { Problem } from '@/api/problem'
import { sendingLine } from './line'

/** A server that answers when it is told to, and what it was sent. */
function scene() {
  const sent: { prompt: string; key: string; answer: (task?: Task) => void }[] = []
  const accepted: string[] = []
  let release: () => void = () => undefined
  const pauses = new Promise<void>((done) => { release = done })
  const line = sendingLine({
    submit: (body, key) => new Promise((resolve, reject) => {
      sent.push({ prompt: body.prompt, key, answer: (task) => { if (task) resolve(task); else reject(new Problem('offline', {})) } })
    }),
    accepted: (task) => { accepted.push(task.id) },
    ended: () => Promise.resolve(),
    pause: () => pauses,
  })
  return { line, sent, accepted, release }
}
const body = (prompt: string): TextToImage => ({ prompt })
const task = (id: string) => ({ id }) as Task
/** Lets everything that can go on do so. */
const turn = () => new Promise((done) => { setTimeout(done) })

describe('the line of requests', () => {
  it('sends what failed once more with the same body and the same key', async () => {
    const { line, sent, accepted } = scene()
    void line.send('form', [body('a fox')])
    await turn()
    sent[0]?.answer()
    await turn()
    expect(line.list.value.map((it) => it.problem?.code)).toEqual(['offline'])

    const failed = line.list.value[0]!
    void line.retry(failed)
    void line.retry(failed)
    await turn()

    expect(sent.map((it) => [it.prompt, it.key])).toEqual([['a fox', sent[0]?.key], ['a fox', sent[0]?.key]])
    sent[1]?.answer(task('1'))
    await turn()
    expect([accepted, line.list.value]).toEqual([['1'], []])
  })

  it('takes no second click while the act is busy, also when the answer was fast', async () => {
    const { line, sent, release } = scene()
    void line.send('task:1', [body('first')])
    await turn()
    sent[0]?.answer(task('1'))
    await turn()
    await line.send('task:1', [body('second')])
    expect([sent.length, line.isBusy('task:1')]).toEqual([1, true])

    release()
    await turn()
    expect(line.isBusy('task:1')).toBe(false)
    void line.send('task:1', [body('third')])
    await turn()
    expect(sent.map((it) => it.prompt)).toEqual(['first', 'third'])
  })

  it('queues another act behind the batch that is under way', async () => {
    const { line, sent } = scene()
    void line.send('form', [body('one'), body('two')])
    void line.send('task:1', [body('a variation')])
    await turn()
    expect(sent.map((it) => it.prompt)).toEqual(['one'])
    expect(line.list.value).toHaveLength(3)
    sent[0]?.answer(task('1'))
    await turn()
    sent[1]?.answer()
    await turn()
    expect(sent.map((it) => it.prompt)).toEqual(['one', 'two', 'a variation'])
  })

  it('gives each request of a batch a key of its own', async () => {
    const { line } = scene()
    void line.send('form', [body('a fox'), body('a fox')])
    expect(new Set(line.list.value.map((it) => it.key)).size).toBe(2)
    await turn()
  })

  it('forgets everything at once, and sends nothing that still waits', async () => {
    const { line, sent, accepted } = scene()
    void line.send('form', [body('one'), body('two')])
    await turn()
    line.clear()
    sent[0]?.answer(task('1'))
    await turn()
    expect([line.list.value, accepted, sent.length, line.isBusy('form')]).toEqual([[], [], 1, false])
  })
})
