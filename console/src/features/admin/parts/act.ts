/** An act that asks before it is done: what it is called, what follows, and what does it with the reason. */
export interface Act {
  title: string
  text: string
  confirm: string
  danger?: boolean
  run: (reason: string) => Promise<unknown>
}
