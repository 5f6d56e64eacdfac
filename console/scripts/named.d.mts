export function namesIn(source: string): { keys: Set<string>; patterns: RegExp[] }
export function unnamed(keys: readonly string[], sources: readonly string[]): string[]
