type Translate = (key: string) => string
type Known = (key: string) => boolean

/** What an entry of the audit log says was done; as the server has it, where the console is older than the server. */
export function actionWords(action: string, t: Translate, te: Known): string {
  const key = `admin.log.word.${action}`
  return te(key) ? t(key) : action
}

/** What a check of the ledger holds to be true. */
export function ruleWords(name: string, t: Translate, te: Known): string {
  const key = `admin.audit.check.${name}`
  return te(key) ? t(key) : name
}
