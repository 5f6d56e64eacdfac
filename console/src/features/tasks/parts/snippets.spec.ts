import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import type { Task } from '@/api/gen'
import { LANGUAGES, snippet } from './snippets'

const NASTY = `it's "quoted" $(touch x) \\ \`y\` \${z}\n雪 </script> %s`
const task = {
  id: '1', status: 'completed', requested_model: 'auto', route: 'any', prompt: NASTY, credits_held: '1.65', attempts: [], favorite: false, hidden: false,
  params: { aspect_ratio: '16:9', output_format: 'png', seed: 7 }, created_at: '', deadline: '',
} satisfies Task
const HOST = 'http://127.0.0.1:1'

describe('the code of a request', () => {
  it('leaves every character of the prompt to the server, in a shell', () => {
    const shown = snippet(task, HOST, 'curl').replace(/^curl -sS/, "printf '%s\\n'")
    const said = execFileSync('bash', ['-c', shown], { encoding: 'utf8', env: { AETHERFLOW_TOKEN: 't', PATH: process.env.PATH } })
    const body = JSON.parse(said.slice(said.indexOf('{'))) as { prompt: string; max_credits: string }
    expect([body.prompt, body.max_credits]).toEqual([NASTY, '1.65'])
    expect(said).toContain('Authorization: Bearer t')
  })

  it('is JavaScript that node reads', () => {
    expect(() => execFileSync('node', ['--input-type=module', '--check'], { input: snippet(task, HOST, 'javascript'), stdio: 'pipe' })).not.toThrow()
  })

  it('shows the same request in every language', () => {
    for (const it of LANGUAGES) expect(snippet(task, HOST, it)).toContain('"aspect_ratio": "16:9"')
  })

  it('names no ceiling where the image cost nothing', () => {
    for (const it of LANGUAGES) expect(snippet({ ...task, credits_held: '0' }, HOST, it)).not.toContain('max_credits')
  })

  it('never has a token in it', () => {
    for (const it of LANGUAGES) expect(snippet(task, HOST, it)).toContain('AETHERFLOW_TOKEN')
  })
})
