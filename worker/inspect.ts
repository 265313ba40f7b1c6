import { FEATURE_NAMES } from '#contract/features'
import type { RuleDefaults } from '#contract/manifest'
import type { Inspection } from '#contract/rpc'
import { CHANNELS } from '#worker/core/channels'
import type { Model } from '#worker/core/model'
import { channelsOf, featuresOf, orderOf, type Traced } from './explain.ts'
import type { Installation } from './release/keeper.ts'

const ROLES = ['head', 'cell', 'fresh'] as const

/** Lays open how an answer was made. */
export function inspectList(traced: Traced): NonNullable<Inspection['list']> {
  const { reply, trace, model, rules } = traced
  const candidates = [...trace.set.rows.keys()]
  const found = candidates.flatMap((candidate) => channelsOf(trace, candidate))
  const candidateOf = reply.items.map(({ itemNo }) => trace.set.rows.indexOf(model.catalogue.rowOf(itemNo)))
  const order = orderOf(trace, model)
  return {
    reply,
    channels: Object.fromEntries(CHANNELS.map((name) => [name, found.filter((channel) => channel === name).length])),
    featureNames: FEATURE_NAMES,
    features: candidateOf.map((candidate) => featuresOf(trace, candidate)),
    ranks: candidateOf.map((candidate) => order.indexOf(candidate)),
    rules: rules === null ? null : countsOf(rules),
  }
}

/** Rules as numbers: lists by their length, a choice as 1. */
function countsOf({ explorer, pins, boosts, ...numbers }: RuleDefaults): Record<string, number> {
  const counts: Record<string, number> = { ...numbers, pins: pins.length, boosts: boosts.length }
  if (explorer === 'thompson') counts.thompson = 1
  return counts
}

/** What a device holds of a release. */
export function inspectRelease(
  { root, arm, tally }: Installation,
  { catalogue }: Model,
): Pick<Inspection, 'release' | 'cells'> & Pick<Inspection['objects'], 'fetched' | 'reused'> {
  const { release, createdAt, itemCount } = root.manifest
  const cells = catalogue.cells.map(({ cellIndex, role, from, to }) => ({
    cell: cellIndex,
    role: ROLES[role] ?? `${role}`,
    items: to - from,
  }))
  const { fetched, reused } = tally
  return { release: { name: release, createdAt, arm, items: itemCount }, cells, fetched, reused }
}
