import { DEVICE_FAULTS } from './faults/device-faults.ts'
import { WIRE_FAULTS } from './faults/wire-faults.ts'
import { compareLooks } from './promises/looks.ts'
import { PROMISES, testPromises } from './promises/promises.ts'
import type { Scene } from './promises/scene.ts'
import { siteTest } from './support/fixtures.ts'
import { withScene } from './support/scene-fixture.ts'
import { openWebkit } from './support/webkit-driver.ts'

/** One window a test; a test that fails leaves a picture and the page's text. */
const test = siteTest.extend<{ scene: Scene }>({
  scene: async ({ small, demo }, use, info) => {
    const visitor = await openWebkit()
    await withScene({ visitor, small, demo }, use)
    if (info.status !== info.expectedStatus) {
      await info.attach('window.png', { body: await visitor.screenshot(), contentType: 'image/png' })
      const text = await visitor.evaluate(() => document.documentElement.outerHTML)
      await info.attach('page.html', { body: text, contentType: 'text/html' })
    }
    await visitor.close()
  },
})

testPromises(test, [...PROMISES, ...WIRE_FAULTS, ...DEVICE_FAULTS])

test('a shelf looks as it did, in light, in dark and from right to left', ({ scene }) => compareLooks(scene))
