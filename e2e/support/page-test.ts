import type { Scene } from '../promises/scene.ts'
import { test } from './fixtures.ts'
import { pageVisitor } from './page-visitor.ts'
import { withScene } from './scene-fixture.ts'

/** Promises in browsers that Playwright drives. */
export const pageTest = test.extend<{ scene: Scene }>({
  scene: async ({ page, browserName, small, demo }, use) => {
    await withScene({ visitor: pageVisitor(page, browserName), small, demo }, use)
  },
})
