// Which texts the sources name. A key is named by a literal that is it, or by a template literal that can become it. A
// key of one word is named only where `t` or `te` is called: anything else would be any string at all.

const CALL = /\bte?\(\s*/g
const LITERAL = /'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g
const KEY = /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/i

/** The part of a source from `at` to where its bracket closes or the first comma stands: the first argument. */
function argument(source, at) {
  let depth = 0
  let quote = ''
  for (let end = at; end < source.length; end += 1) {
    const sign = source[end]
    if (quote) {
      if (sign === '\\') end += 1
      else if (sign === quote) quote = ''
    } else if (sign === "'" || sign === '`' || sign === '"') quote = sign
    else if (sign === '(' || sign === '[' || sign === '{') depth += 1
    else if (depth === 0 && (sign === ')' || sign === ',')) return source.slice(at, end)
    else if (sign === ')' || sign === ']' || sign === '}') depth -= 1
  }
  return source.slice(at)
}

/** What a template literal can become; undefined if it says nothing by itself. */
function pattern(template) {
  const parts = template.split(/\$\{[^}]*\}/)
  if (parts.length < 2 || !/[a-z0-9_]/i.test(parts.join(''))) return undefined
  return new RegExp(`^${parts.map((it) => it.replace(/[.*+?^$()|[\]\\{}]/g, '\\$&')).join('[a-z0-9_.-]+')}$`, 'i')
}

const literals = (text) => [...text.matchAll(LITERAL)].map(([, single, double, template]) => ({ text: single ?? double ?? template ?? '', template: template !== undefined }))

/** The names in one source: keys as they are, and patterns of keys. */
export function namesIn(source) {
  const keys = new Set()
  const patterns = []
  const take = (found, short) => {
    for (const it of found) {
      const like = it.template ? pattern(it.text) : undefined
      if (like) patterns.push(like)
      else if (KEY.test(it.text) && (short || it.text.includes('.'))) keys.add(it.text)
    }
  }
  // Attributes of templates hold literals in quotes of the other kind, so each is looked into once more.
  const all = literals(source)
  take(all.filter((it) => it.template || it.text.includes('.')), false)
  for (const it of all) if (/['`]/.test(it.text)) take(literals(it.text), false)
  for (const call of source.matchAll(CALL)) take(literals(argument(source, call.index + call[0].length)), true)
  return { keys, patterns }
}

/** Those of the keys that no source names. */
export function unnamed(keys, sources) {
  const names = sources.map(namesIn)
  const exact = new Set(names.flatMap((it) => [...it.keys]))
  const patterns = names.flatMap((it) => it.patterns)
  return keys.filter((key) => !exact.has(key) && !patterns.some((it) => it.test(key)))
}
