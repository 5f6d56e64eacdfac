import type { Problem } from '@/api/problem'

/** Whether the password a signed-in person typed is not theirs. No e-mail address was asked for, so none is blamed. */
export function isWrongPassword(problem: Problem | undefined): boolean {
  return problem?.code === 'auth.invalid_credentials'
}
