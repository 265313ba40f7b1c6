import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@playwright/test'
import { ASKING, DEMO, LARGE, prepareSite, SMALL } from './support/prepared-site.ts'
import { GENERATED, GENERATED_DCN, GOODBOOKS, hasGoodbooks, prepareReplay } from './support/replay.ts'

test.describe.configure({ timeout: 600_000 })

for (const recipe of [LARGE, DEMO, SMALL, ASKING]) {
  test(`the shop ${recipe.name} of ${recipe.items} items builds and publishes from the command line`, async () => {
    const site = await prepareSite(recipe)
    expect(existsSync(join(site.release, 'release.json'))).toBe(true)
  })
}

// Here and not where they are read, so that nothing trains while pages are tested.
for (const recipe of [GOODBOOKS, GENERATED, GENERATED_DCN]) {
  test(`the lists of evaluate --mode device are there to be replayed: ${recipe.name}`, async () => {
    test.skip(recipe === GOODBOOKS && !hasGoodbooks(), 'the development data goodbooks-5pct is not here')
    const { users } = await prepareReplay(recipe)
    expect(users).toHaveLength(200)
  })
}
