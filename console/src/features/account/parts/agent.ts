/** Browsers and systems people know, by what their `User-Agent` contains; the first that fits. */
const BROWSERS: [RegExp, string][] = [
  [/\bEdg(?:e|A|iOS)?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bFirefox\//, 'Firefox'],
  [/\b(?:Headless)?Chrom(?:e|ium)\//, 'Chrome'],
  [/\bVersion\/[\d.]+.*\bSafari\//, 'Safari'],
]
const SYSTEMS: [RegExp, string][] = [
  [/\biPhone|\biPad/, 'iOS'],
  [/\bAndroid/, 'Android'],
  [/\bWindows/, 'Windows'],
  [/\bMac OS X/, 'macOS'],
  [/\bLinux/, 'Linux'],
]

const first = (list: [RegExp, string][], text: string) => list.find(([pattern]) => pattern.test(text))?.[1]

/** A session's program in words people use; a program that is no browser by its own first word. */
export function program(agent: string | undefined): string | undefined {
  if (!agent) return undefined
  const browser = first(BROWSERS, agent)
  if (!browser) return agent.split(' ')[0]
  const system = first(SYSTEMS, agent)
  return system ? `${browser}, ${system}` : browser
}
