import type { Role } from '@/api/gen'
import { SECTIONS, type Feature, type NavItem, type Section } from './feature'

const found = import.meta.glob<{ default: Feature }>('../features/*/index.ts', { eager: true })

/** Every slice there is. */
export const features: Feature[] = Object.values(found).map((it) => it.default)

/** The pages a person with these roles sees, by section, without empty ones. */
export function navigation(roles: readonly Role[]): { section: Section; items: NavItem[] }[] {
  const seen = features.flatMap((it) => it.nav ?? []).filter((it) => !it.role || roles.includes(it.role))
  return SECTIONS.map((section) => ({
    section,
    items: seen.filter((it) => it.section === section).sort((a, b) => a.order - b.order),
  })).filter((it) => it.items.length > 0)
}

/** Where a person begins: admins see what is stuck, owners how their keys do, others make images. */
export function home(roles: readonly Role[]): string {
  const parts = navigation(roles)
  const first = (section: Section) => parts.find((it) => it.section === section)?.items[0]?.to
  const own = roles.includes('admin') ? first('run') : roles.includes('resource_provider') ? first('host') : undefined
  return own ?? first('create') ?? '/profile'
}
