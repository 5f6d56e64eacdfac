import { ref, watch, type Ref } from 'vue'
import { store, stored } from '@/app/storage'
import { useSession } from '@/app/session'
import { readDraft, type Draft } from './draft'

/** The draft of the person who is signed in, kept as it is typed: a reload, an expired session or a crash loses nothing. */
export function useDraft(): Ref<Draft> {
  const name = `draft.${useSession().user?.id ?? ''}`
  const draft = ref(readDraft(stored(name)))
  watch(draft, (now) => { store(name, JSON.stringify(now)) }, { deep: true })
  return draft
}
