/** A line of what an entry of the audit log says beside its reason: a value, or what it was and became. */
export interface DetailLine {
  name: string
  before?: string
  after: string
}

const written = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value) ?? '')
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * The detail of an entry line by line. Values before and after are next to each other, however the entry names them:
 * `{ before, after }` with the same fields, `from` and `to`, or `x_from` and `x_to`.
 */
export function detailLines(detail: unknown): DetailLine[] {
  if (!isRecord(detail)) return detail === null || detail === undefined ? [] : [{ name: '', after: written(detail) }]
  const { before, after, from, to, ...rest } = detail
  if (isRecord(before) && isRecord(after)) return [...changed(before, after), ...detailLines(rest)]
  const lines: DetailLine[] = from !== undefined && to !== undefined ? [{ name: '', before: written(from), after: written(to) }] : []
  if (lines.length === 0) Object.assign(rest, Object.fromEntries(Object.entries({ before, after, from, to }).filter(([, it]) => it !== undefined)))
  for (const [name, value] of Object.entries(rest)) {
    if (name.endsWith('_from') && `${name.slice(0, -5)}_to` in rest) lines.push({ name: name.slice(0, -5), before: written(value), after: written(rest[`${name.slice(0, -5)}_to`]) })
    else if (!(name.endsWith('_to') && `${name.slice(0, -3)}_from` in rest)) lines.push({ name, after: written(value) })
  }
  return lines
}

function changed(before: Record<string, unknown>, after: Record<string, unknown>): DetailLine[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .map((name) => ({ name, before: written(before[name]), after: written(after[name]) }))
    .filter((it) => it.before !== it.after)
}
