import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@playwright/test'
import { DEMO, LARGE, prepareSite, SMALL } from './support/prepared-site.ts'

test.describe.configure({ timeout: 600_000 })

for (const recipe of [LARGE, DEMO, SMALL]) {
  test(`a shop of ${recipe.items} items builds and publishes from the command line`, async () => {
    const site = await prepareSite(recipe)
    expect(existsSync(join(site.release, 'release.json'))).toBe(true)
  })
}
