/** The colours of one theme, by what they mean. Texts on each ground keep a contrast of 5 to 1 and more (tokens.spec). */
export interface Palette {
  [name: string]: string
  background: string
  surface: string
  outline: string
}

/** Paper and ink, one deep teal; amber is for credits only. */
export const light: Palette = {
  background: '#F5F4EF', surface: '#FFFFFF', 'surface-bright': '#FBFAF7', 'surface-light': '#ECEAE3',
  'surface-variant': '#4C5956', 'on-surface-variant': '#FFFFFF',
  'on-background': '#17211F', 'on-surface': '#17211F', 'on-surface-bright': '#17211F', 'on-surface-light': '#17211F',
  muted: '#4C5956', outline: '#8A8577',
  primary: '#0B6259', 'on-primary': '#FFFFFF', secondary: '#505C59', 'on-secondary': '#FFFFFF',
  credit: '#7A4A00', 'on-credit': '#FFFFFF', owner: '#7D3C5E', 'on-owner': '#FFFFFF', admin: '#3D4A7A', 'on-admin': '#FFFFFF',
  success: '#1C6636', 'on-success': '#FFFFFF', warning: '#7F4C00', 'on-warning': '#FFFFFF',
  error: '#A82A21', 'on-error': '#FFFFFF', info: '#28567F', 'on-info': '#FFFFFF',
}

export const dark: Palette = {
  background: '#0D1312', surface: '#141C1A', 'surface-bright': '#1A2422', 'surface-light': '#090E0D',
  'surface-variant': '#A6B5B0', 'on-surface-variant': '#0D1312',
  'on-background': '#E4EBE8', 'on-surface': '#E4EBE8', 'on-surface-bright': '#E4EBE8', 'on-surface-light': '#E4EBE8',
  muted: '#A6B5B0', outline: '#6F807B',
  primary: '#68D0BE', 'on-primary': '#062722', secondary: '#AEBBB7', 'on-secondary': '#0D1312',
  credit: '#EBB866', 'on-credit': '#0D1312', owner: '#E3A6C4', 'on-owner': '#0D1312', admin: '#AEBBF0', 'on-admin': '#0D1312',
  success: '#82D69B', 'on-success': '#0D1312', warning: '#F0B45E', 'on-warning': '#0D1312',
  error: '#FFB0A6', 'on-error': '#0D1312', info: '#93C4F2', 'on-info': '#0D1312',
}
