import {
  mdiAccountOffOutline, mdiAlertCircleOutline, mdiBatteryOffOutline, mdiCancel, mdiCheckCircleOutline, mdiClockOutline,
  mdiFlagOutline, mdiHelpCircleOutline, mdiLoading, mdiLockOutline, mdiParking, mdiPauseCircleOutline, mdiPulse,
  mdiSyncOff, mdiTimerSandEmpty, mdiUndoVariant,
} from '@mdi/js'

/** How a status looks: never by its colour alone. Words are in the frame's texts, `status.<name>`. */
export interface Look {
  icon: string
  tone: 'secondary' | 'info' | 'success' | 'warning' | 'error' | 'credit'
  /** The icon turns, for what is under way. */
  turns?: true
}

const of = (tone: Look['tone'], icon: string): Look => ({ tone, icon })

/** Every status word of the API that pages show, with its look. */
export const LOOKS: Readonly<Record<string, Look>> = {
  pending: of('secondary', mdiClockOutline),
  waiting: of('secondary', mdiClockOutline),
  canceled: of('secondary', mdiCancel),
  paused: of('secondary', mdiPauseCircleOutline),
  ended: of('secondary', mdiSyncOff),
  surplus: of('secondary', mdiUndoVariant),
  processing: { ...of('info', mdiLoading), turns: true },
  running: { ...of('info', mdiLoading), turns: true },
  calling: { ...of('info', mdiLoading), turns: true },
  probing: of('info', mdiPulse),
  completed: of('success', mdiCheckCircleOutline),
  delivered: of('success', mdiCheckCircleOutline),
  active: of('success', mdiCheckCircleOutline),
  alive: of('success', mdiCheckCircleOutline),
  ok: of('success', mdiCheckCircleOutline),
  payable: of('success', mdiCheckCircleOutline),
  unknown: of('warning', mdiHelpCircleOutline),
  cooling: of('warning', mdiTimerSandEmpty),
  exhausted: of('warning', mdiBatteryOffOutline),
  degraded: of('warning', mdiAlertCircleOutline),
  frozen: of('warning', mdiFlagOutline),
  failed: of('error', mdiAlertCircleOutline),
  refused: of('error', mdiAlertCircleOutline),
  error: of('error', mdiAlertCircleOutline),
  down: of('error', mdiAlertCircleOutline),
  suspended: of('error', mdiAccountOffOutline),
  disabled: of('error', mdiLockOutline),
  parked: of('error', mdiParking),
  refunded: of('credit', mdiUndoVariant),
  clawed_back: of('credit', mdiUndoVariant),
}

/** The look of a status; one nobody drew yet is shown as a question rather than not at all. */
export function lookOf(status: string): Look {
  return LOOKS[status] ?? of('secondary', mdiHelpCircleOutline)
}
