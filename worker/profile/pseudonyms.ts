/** A name for one day of one device, drawn at random; `isSent` once events under it may have left. */
export type Pseudonym = { readonly value: string; readonly from: number; readonly isSent: boolean }

const DAY_MS = 86_400_000

/** Names remembered, so that `forget` can ask the edge to delete what it got under them. */
const REMEMBERED = 30

/** @returns The names of both lists, oldest first; events under a name may have left where either says so. */
export function mergeNames(some: readonly Pseudonym[], others: readonly Pseudonym[]): readonly Pseudonym[] {
  const names = new Map<string, Pseudonym>()
  for (const name of [...some, ...others])
    names.set(name.value, { ...name, isSent: name.isSent || names.get(name.value)?.isSent === true })
  return [...names.values()].sort((a, b) => a.from - b.from).slice(-REMEMBERED)
}

/** @returns The names with one for now in last place; a new one after 24 hours, or when the clock went back. */
export function withCurrent(names: readonly Pseudonym[], nowMs: number, draw: () => string): readonly Pseudonym[] {
  const last = names.at(-1)
  if (last !== undefined && nowMs >= last.from && nowMs - last.from < DAY_MS) return names
  return [...names, { value: draw(), from: nowMs, isSent: false }].slice(-REMEMBERED)
}

/** @returns The names with those of a batch marked as sent. */
export function markSent(names: readonly Pseudonym[], used: ReadonlySet<string>): readonly Pseudonym[] {
  return names.map((name) => (used.has(name.value) ? { ...name, isSent: true } : name))
}
