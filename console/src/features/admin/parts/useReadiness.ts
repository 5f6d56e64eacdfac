import { useQuery } from '@pinia/colada'
import { authorized } from '@/api/authorized'

/** What the API needs, and whether it reaches it. */
export interface Readiness {
  status: string
  checks: Record<string, { status: string; detail?: string }>
}

/** Whether the API is ready. A server that is not says so with 503 and the same body. */
export function useReadiness() {
  return useQuery({
    key: ['readiness'],
    query: async ({ signal }): Promise<Readiness> => (await (await authorized('/health/ready', { signal })).json()) as Readiness,
  })
}
