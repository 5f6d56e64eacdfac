import type { RouteLocationRaw } from 'vue-router'
import type { Problem } from '@/api/problem'
import { format, minus } from './money'

/** What a person can do about an error, beside trying again. */
export interface WayOut {
  /** The key of the word on the button (`way.<word>`). */
  word: string
  to: RouteLocationRaw
}

/** Ways out by code, where one page is the answer. Codes without one explain in words what to do. */
const WAYS: Partial<Record<Problem['code'], WayOut>> = {
  'auth.required': { word: 'sign_in', to: '/login' },
  'auth.invalid_token': { word: 'sign_in', to: '/login' },
  'auth.email_taken': { word: 'sign_in', to: '/login' },
  'auth.totp_enrolment_required': { word: 'second_factor', to: '/profile#second-factor' },
  'credits.insufficient': { word: 'wallet', to: '/wallet' },
  'generation.no_own_resource': { word: 'connect', to: '/resources' },
  'generation.queue_full': { word: 'history', to: '/history' },
  not_found: { word: 'home', to: '/' },
  forbidden: { word: 'home', to: '/' },
}

export function wayOut(problem: Problem): WayOut | undefined {
  return WAYS[problem.code]
}

/** Codes that come with a time, after which the same request may succeed. */
export function mayRepeat(problem: Problem): boolean {
  return problem.status === 0 || problem.status === 429 || problem.status >= 500
}

type Translate = (key: string, named?: Record<string, unknown>) => string

/** What a problem says in the person's language: what happened, and what to do. */
export function words(problem: Problem, t: Translate, te: (key: string) => boolean, locale: string): { happened: string; act: string } {
  const key = `error.${problem.code}`
  if (!te(`${key}.happened`)) return { happened: problem.detail || t('error.unreadable.happened'), act: '' }
  const short = problem.required && problem.available ? minus(problem.required, problem.available) : undefined
  const named = {
    short: short ? format(short, locale) : '',
    required: problem.required ? format(problem.required, locale) : '',
    seconds: problem.retryAfter ?? 1,
    status: problem.status,
  }
  return { happened: t(`${key}.happened`, named), act: t(`${key}.act`, named) }
}

/** The text at a form's field, in the person's language; the API's own sentence where it says more than "invalid". */
export function fieldWords(problem: Problem | undefined, field: string, t: Translate): string[] {
  const fault = problem?.field(field)
  if (!fault) return []
  return fault.code === 'invalid' ? [t('field.invalid', { detail: fault.detail })] : [t(`field.${fault.code}`)]
}
