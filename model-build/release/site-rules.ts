import type { RuleDefaults } from '#contract/manifest'
import type { Config } from '../config/schema.ts'

/** Pins and boosts as a site writes them: items by their ids, categories by their names. */
export type SiteRules = Config['rules']

/** What turns names into numbers; -1 for a name that the release does not know. */
export type RuleNames = {
  readonly itemNoOf: (id: string) => number
  readonly categoryOf: (name: string) => number
}

/** The rules of a release with a site's pins and boosts; those of unknown items and categories are left out. */
export function withSiteRules(base: RuleDefaults, { pins, boosts }: SiteRules, names: RuleNames): RuleDefaults {
  return {
    ...base,
    pins: pins.flatMap(({ item, ...rest }) => {
      const itemNo = names.itemNoOf(item)
      return itemNo < 0 ? [] : [{ item: itemNo, ...rest }]
    }),
    boosts: boosts.flatMap(({ item, category, ...rest }): RuleDefaults['boosts'][number][] => {
      const number = item === undefined ? names.categoryOf(category ?? '') : names.itemNoOf(item)
      if (number < 0) return []
      return [item === undefined ? { category: number, ...rest } : { item: number, ...rest }]
    }),
  }
}
