import { adminCancelJob, adminPayJob, adminReleaseJob, adminRetryJob } from '@/api/gen'
import { useStale } from '@/api/effects'
import { useI18n } from 'vue-i18n'
import type { Act } from './act'

export const JOB_ACTS = ['retry', 'pay', 'release', 'cancel'] as const
export type JobAct = (typeof JOB_ACTS)[number]

const RUN = { retry: adminRetryJob, pay: adminPayJob, release: adminReleaseJob, cancel: adminCancelJob } as const

/** What can be done to a job as it stands: parked ones are settled or given up, the others canceled. */
export function actsOf(job: { state: string; cancel_requested?: boolean }): JobAct[] {
  if (job.state === 'parked') return ['retry', 'pay', 'release']
  return job.cancel_requested ? [] : ['cancel']
}

/** An act on one job, which names it and says what follows. */
export function useJobActs(): (act: JobAct, id: string) => Act {
  const { t } = useI18n()
  const stale = useStale()
  return (act, id) => ({
    title: t(`admin.ask.${act}`, { id: `…${id.slice(-8)}` }),
    text: t(`admin.ask.${act}_text`),
    confirm: t(`admin.act.${act}`),
    danger: act === 'cancel' || act === 'release',
    run: async (reason) => {
      try {
        await RUN[act]({ path: { id }, body: { reason }, throwOnError: true })
      } finally {
        // Also where it was refused: then the job is not what the page shows.
        await stale('job')
      }
    },
  })
}
