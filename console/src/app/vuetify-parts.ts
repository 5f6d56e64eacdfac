import {
  mdiCheck, mdiCheckboxBlankOutline, mdiCheckboxMarked, mdiChevronDown, mdiChevronUp, mdiClose, mdiCloseCircle, mdiMenuDown, mdiMinusBox, mdiRadioboxBlank,
  mdiRadioboxMarked,
} from '@mdi/js'

/** What Vuetify's own sets have for sixty icons and a hundred words; these are those that the components here draw and say. */
const icon = (path: string) => `svg:${path}`

export const icons = {
  checkboxOn: icon(mdiCheckboxMarked), checkboxOff: icon(mdiCheckboxBlankOutline), checkboxIndeterminate: icon(mdiMinusBox),
  radioOn: icon(mdiRadioboxMarked), radioOff: icon(mdiRadioboxBlank), dropdown: icon(mdiMenuDown), clear: icon(mdiCloseCircle), delete: icon(mdiCloseCircle),
  close: icon(mdiClose), complete: icon(mdiCheck), collapse: icon(mdiChevronUp), expand: icon(mdiChevronDown),
}

/** In Chinese; English is Vuetify's own, and what is missing here falls back to it. */
export const zhHans = {
  open: '打开', close: '关闭', dismiss: '取消', noDataText: '没有数据', loading: '加载中…',
  input: { clear: '清除 {0}', prependAction: '{0} 前置操作', appendAction: '{0} 后置操作' },
}
