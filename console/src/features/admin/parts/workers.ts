import type { Worker } from '@/api/gen'

/** Workers report every few seconds; one that was silent for so long is worth a look. */
export const SILENT_MS = 15_000

/** The versions of the workers that are alive; more than one means that an update is half done. */
export function oddVersions(workers: readonly Pick<Worker, 'state' | 'version'>[]): string[] {
  return [...new Set(workers.filter((it) => it.state === 'alive').map((it) => it.version))].sort()
}
