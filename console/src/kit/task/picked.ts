import { computed, ref } from 'vue'

/** As many images as fit beside each other to be compared. */
export const COMPARED_MAX = 4

/** Tasks picked for comparing, kept while one goes from page to page. */
const picked = ref<string[]>([])

export function usePicked() {
  return {
    picked: computed(() => picked.value),
    link: computed(() => `/compare?ids=${picked.value.join(',')}`),
    has: (id: string) => picked.value.includes(id),
    /** Picks or drops; of too many the first picked goes. */
    toggle: (id: string) => {
      picked.value = picked.value.includes(id) ? picked.value.filter((it) => it !== id) : [...picked.value, id].slice(-COMPARED_MAX)
    },
    clear: () => { picked.value = [] },
  }
}
