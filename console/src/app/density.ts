import { ref } from 'vue'
import { store, stored } from './storage'

export const DENSITIES = ['comfortable', 'compact'] as const
export type Density = (typeof DENSITIES)[number]

/** How high rows are. */
export const density = ref<Density>(stored('density') === 'compact' ? 'compact' : 'comfortable')
document.documentElement.dataset.density = density.value

export function space(name: Density): void {
  density.value = name
  store('density', name === 'compact' ? name : undefined)
  document.documentElement.dataset.density = name
}
