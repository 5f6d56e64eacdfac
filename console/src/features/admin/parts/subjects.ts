/** The page of what an entry of the audit log is about, from `kind:id`. */
export function subjectPage(subject: string): string {
  const at = subject.indexOf(':')
  const [kind, id] = [subject.slice(0, at), encodeURIComponent(subject.slice(at + 1))]
  switch (kind) {
    case 'user': return `/admin/users/${id}`
    case 'task': return `/admin/jobs/${id}`
    case 'resource': return `/admin/resources?id=${id}&open=${id}`
    case 'worker': return `/admin/workers?id=${id}`
    case 'model': return `/admin/models?open=${id}`
    case 'provider': return `/admin/providers?open=${id}`
    default: return `/admin/transactions?q=${id}`
  }
}
