import type { Task } from '@/api/gen'
import { requestOf } from '@/kit/task/acts'

/** A language a request can be shown in. */
export const LANGUAGES = ['curl', 'javascript', 'python'] as const
export type Language = (typeof LANGUAGES)[number]

/** The request's body as JSON that keeps line breaks and quotes of prompts what they are. */
function body(task: Task): string {
  return JSON.stringify(requestOf(task), null, 2)
}

/** In single quotes a shell changes nothing; only the quote itself must be let out. */
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`

function curl(task: Task, host: string): string {
  return `curl -sS ${quoted(`${host}/api/generate/text-to-image`)} \\
  -H "Authorization: Bearer $AETHERFLOW_TOKEN" \\
  -H 'Content-Type: application/json' \\
  -d ${quoted(body(task))}
`
}

function javascript(task: Task, host: string): string {
  return `// node image.mjs
import { writeFile } from 'node:fs/promises'

const host = ${JSON.stringify(host)}
const headers = { Authorization: \`Bearer \${process.env.AETHERFLOW_TOKEN}\`, 'Content-Type': 'application/json' }
const ask = async (path, init) => {
  const response = await fetch(host + path, { headers, ...init })
  if (!response.ok) throw new Error(await response.text())
  return response
}

const request = ${body(task)}
let task = await (await ask('/api/generate/text-to-image', { method: 'POST', body: JSON.stringify(request) })).json()
while (['pending', 'processing'].includes(task.status)) {
  task = await (await ask(\`/api/generate/task/\${task.id}?wait=30\`)).json()
}
console.log(task.status, task.credits_cost)
if (task.status === 'completed') {
  const image = await ask(\`/api/generate/task/\${task.id}/image\`)
  await writeFile(\`image.\${request.output_format}\`, Buffer.from(await image.arrayBuffer()))
}
`
}

/** JSON is Python, but for its three words; the request has strings and numbers only. */
function python(task: Task, host: string): string {
  return `# python3 image.py
import json, os, urllib.request

host = ${JSON.stringify(host)}
headers = {"Authorization": "Bearer " + os.environ["AETHERFLOW_TOKEN"], "Content-Type": "application/json"}

def ask(path, body=None):
    request = urllib.request.Request(host + path, json.dumps(body).encode() if body else None, headers)
    return urllib.request.urlopen(request).read()

request = ${body(task)}
task = json.loads(ask("/api/generate/text-to-image", request))
while task["status"] in ("pending", "processing"):
    task = json.loads(ask("/api/generate/task/" + task["id"] + "?wait=30"))
print(task["status"], task.get("credits_cost"))
if task["status"] == "completed":
    with open("image." + request["output_format"], "wb") as file:
        file.write(ask("/api/generate/task/" + task["id"] + "/image"))
`
}

/** The request of a task as code that makes the image again, for at most the same credits. */
export function snippet(task: Task, host: string, language: Language): string {
  return { curl, javascript, python }[language](task, host)
}
