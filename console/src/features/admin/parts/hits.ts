import type { LookupHit } from '@/api/gen'

const REFERENCED = new Set<LookupHit['kind']>(['task', 'attempt', 'grant', 'hold', 'transaction'])

/** What the movements of a thing belong to: the last part of the path that shows it. Nothing moved for other things. */
export function referenceOf(hit: LookupHit): string | undefined {
  return REFERENCED.has(hit.kind) ? /([0-9a-f-]{36})$/i.exec(hit.path)?.[1] : undefined
}

/** The page that shows what was found. */
export function pageOf(hit: LookupHit): string {
  switch (hit.kind) {
    case 'user': return `/admin/users/${hit.id}`
    case 'task': case 'attempt': return `/admin/jobs/${referenceOf(hit) ?? hit.id}`
    case 'resource': return `/admin/resources?id=${hit.id}`
    case 'worker': return `/admin/workers?id=${hit.id}`
    case 'model': return `/admin/models?open=${encodeURIComponent(hit.id)}`
    case 'provider': return `/admin/providers?open=${encodeURIComponent(hit.id)}`
    case 'grant': case 'hold': case 'transaction': return `/admin/transactions?q=${encodeURIComponent(hit.id)}`
  }
}
