/** One line or colour of a chart. Values are the API's texts; a chart is for the eye, so it draws them as numbers. */
export interface Series {
  name: string
  values: readonly string[]
  /** A colour of the theme. */
  tone: 'primary' | 'credit' | 'owner' | 'admin' | 'success' | 'warning' | 'error' | 'info' | 'secondary'
}
