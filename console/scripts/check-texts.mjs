// Compares the texts: the same keys and placeholders in both languages, words for every error code and every word of
// the API that pages show, and no text that nothing names.
import { readdirSync, readFileSync, existsSync } from 'node:fs'
import { unnamed } from './named.mjs'

const root = new URL('../', import.meta.url)
const read = (path) => readFileSync(new URL(path, root), 'utf8')
const json = (path) => JSON.parse(read(path))
const faults = []

function flat(texts, before = '', into = new Map()) {
  for (const [key, value] of Object.entries(texts)) {
    if (typeof value === 'string') into.set(before + key, value)
    else flat(value, `${before}${key}.`, into)
  }
  return into
}
const placeholders = (text) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort().join(' ')

function compare(folder) {
  const files = ['en', 'zh-CN'].map((it) => `${folder}/text.${it}.json`)
  const missing = files.find((it) => !existsSync(new URL(it, root)))
  if (missing) return void faults.push(`${missing}: is missing`)
  const [en, zh] = files.map((it) => flat(json(it)))
  for (const [key, text] of en) {
    if (!zh.has(key)) faults.push(`${files[1]}: lacks ${key}`)
    else if (placeholders(text) !== placeholders(zh.get(key))) faults.push(`${files[1]}: ${key} has other placeholders`)
  }
  for (const key of zh.keys()) if (!en.has(key)) faults.push(`${files[0]}: lacks ${key}`)
}

const slices = readdirSync(new URL('src/features/', root), { withFileTypes: true }).filter((it) => it.isDirectory())
compare('src/app')
for (const { name } of slices) {
  if (readdirSync(new URL(`src/features/${name}/`, root)).some((it) => it.endsWith('.vue') || it === 'pages')) compare(`src/features/${name}`)
}

const frame = flat(json('src/app/text.en.json'))
const codes = [...read('../docs/errors.md').matchAll(/^\| `([a-z_.]+)` \|/gm)].map((it) => it[1])
if (codes.length < 30) faults.push('docs/errors.md: has too few codes to be the whole list')
for (const code of codes) {
  for (const part of ['happened', 'act']) {
    if (!frame.has(`error.${code}.${part}`)) faults.push(`src/app/text.en.json: lacks error.${code}.${part}`)
  }
}

const { schemas } = json('../openapi.json').components
const words = {
  TaskStatus: 'status', AttemptState: 'status', ResourceStatus: 'status', ResourceHealth: 'status', UserStatus: 'status',
  WorkerState: 'status', JobState: 'status', EarningState: 'status', HealthStatus: 'status', Role: 'role', Route: 'route',
  WaitingClass: 'waiting', ErrorClass: 'error_class', TransactionType: 'transaction', GrantSource: 'grant',
  SkipReason: 'skip',
}
for (const [schema, part] of Object.entries(words)) {
  for (const word of schemas[schema]?.enum ?? [`(the schema ${schema} is gone)`]) {
    if (!frame.has(`${part}.${word}`)) faults.push(`src/app/text.en.json: lacks ${part}.${word}`)
  }
}
for (const word of schemas.TaskErrorCode.enum) {
  if (!frame.has(`task_error.${word}.happened`)) faults.push(`src/app/text.en.json: lacks task_error.${word}`)
}

const admin = flat(json('src/features/admin/text.en.json'))
const actions = [...read('../shared/src/audit_log/action.rs').matchAll(/= "([a-z_]+\.[a-z_]+)"/g)].map((it) => it[1])
const checks = readdirSync(new URL('../shared/src/ledger/audit/sql/', root)).map((it) => it.replace(/\.sql$/, ''))
if (actions.length < 20 || checks.length < 30) faults.push('the lists of audited acts and of checks are not where they were')
for (const key of [...actions.map((it) => `log.word.${it}`), ...checks.map((it) => `audit.check.${it}`)]) {
  if (!admin.has(key)) faults.push(`src/features/admin/text.en.json: lacks ${key}`)
}

/** The sources that name texts: a slice's texts are under its name. */
const sources = readdirSync(new URL('src/', root), { recursive: true })
  .filter((it) => /\.(vue|ts)$/.test(it) && !/\.spec\.ts$|\.gen\.ts$|[\\/]gen[\\/]/.test(it))
  .map((it) => read(`src/${it}`))
for (const word of schemas.JournalKind.enum) if (!admin.has(`journal.${word}`)) faults.push(`src/features/admin/text.en.json: lacks journal.${word}`)

const kept = [...frame.keys(), ...slices.flatMap(({ name }) => {
  const file = `src/features/${name}/text.en.json`
  return existsSync(new URL(file, root)) ? [...flat(json(file)).keys()].map((it) => `${name}.${it}`) : []
})]
for (const key of unnamed(kept, sources)) faults.push(`${key}: nothing names it`)

if (faults.length > 0) {
  console.error(faults.join('\n'))
  process.exit(1)
}
console.log(`texts: ${frame.size} of the frame, ${slices.length} slices, ${codes.length} error codes, in both languages`)
