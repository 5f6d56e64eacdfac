import type { Task } from '@/api/gen'

/** What images are compared by, in the order it is shown. */
export const FACTS = ['prompt', 'negative', 'model', 'ratio', 'seed', 'style', 'format', 'cost', 'made_in'] as const
export type Fact = (typeof FACTS)[number]

/** A fact of a task as it is written; empty if it has none. */
export function factOf(task: Task, fact: Fact): string {
  const { params, image } = task
  switch (fact) {
    case 'prompt': return task.prompt
    case 'negative': return params.negative_prompt ?? ''
    case 'model': return task.model ?? task.requested_model
    case 'ratio': return params.aspect_ratio
    case 'seed': return String(image?.seed ?? params.seed ?? '')
    case 'style': return params.style_preset ?? ''
    case 'format': return params.output_format
    case 'cost': return task.credits_cost ?? ''
    case 'made_in': return task.started_at && task.completed_at ? String(Date.parse(task.completed_at) - Date.parse(task.started_at)) : ''
  }
}

/** The facts that some of the tasks have, and whether they differ in them. */
export function differences(tasks: readonly Task[]): { fact: Fact; values: string[]; differs: boolean }[] {
  return FACTS.map((fact) => {
    const values = tasks.map((it) => factOf(it, fact))
    return { fact, values, differs: new Set(values).size > 1 }
  }).filter((it) => it.values.some((value) => value !== ''))
}

/** The ids in an address: at most so many, each once. */
export function idsOf(text: string, most: number): string[] {
  return [...new Set(text.split(',').map((it) => it.trim()).filter((it) => it !== ''))].slice(0, most)
}
