// Writes src/api/limits.gen.ts: the limits of the fields of request bodies, as openapi.json states them, for forms.
import { readFileSync, writeFileSync } from 'node:fs'

const document = JSON.parse(readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8'))
const KEPT = ['minLength', 'maxLength', 'minimum', 'maximum', 'pattern', 'minItems', 'maxItems']

/** Names of the schemas that some operation takes as its JSON body. */
function bodies() {
  const names = new Set()
  for (const path of Object.values(document.paths)) {
    for (const operation of Object.values(path)) {
      for (const media of Object.values(operation.requestBody?.content ?? {})) {
        const name = media.schema?.$ref?.split('/').pop()
        if (name) names.add(name)
      }
    }
  }
  return [...names].sort()
}

function limitsOf(schema) {
  const fields = {}
  for (const [field, shape] of Object.entries(schema.properties ?? {})) {
    const kept = Object.fromEntries(KEPT.filter((it) => it in shape).map((it) => [it, shape[it]]))
    if (schema.required?.includes(field)) kept.required = true
    if (Object.keys(kept).length > 0) fields[field] = kept
  }
  return fields
}

const limits = Object.fromEntries(bodies().map((name) => [name, limitsOf(document.components.schemas[name])]))
writeFileSync(
  new URL('../src/api/limits.gen.ts', import.meta.url),
  '// Written by scripts/limits.mjs from openapi.json.\n\n' +
    '/** What the API accepts in the fields of request bodies, so that forms say it before it refuses. */\n' +
    `export const limits = ${JSON.stringify(limits, null, 2)} as const\n`,
)
