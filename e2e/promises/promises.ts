import { expect } from '@playwright/test'
import { LIST_PROMISES } from './lists.ts'
import { MEASURED_PROMISES } from './measured.ts'
import { PRIVATE_PROMISES } from './private.ts'
import type { Promised, Scene } from './scene.ts'
import { STURDY_PROMISES } from './sturdy.ts'

/** Promises that a recording of the test does not disturb. */
export const RECORDED: readonly Promised[] = [...LIST_PROMISES, ...STURDY_PROMISES, ...PRIVATE_PROMISES]

/** Every sentence that the README promises, in its order. */
export const PROMISES: readonly Promised[] = [...RECORDED, ...MEASURED_PROMISES]

/** What a browser's own test function must bring. */
type PromiseTest = {
  (title: string, body: (parts: { readonly scene: Scene }) => Promise<void>): void
  skip(condition: boolean, reason?: string): void
}

/** One test for each promise, with its sentence as the title; a browser that cannot run it says why. */
export function testPromises(test: PromiseTest, promises: readonly Promised[]): void {
  for (const { sentence, except, keep } of promises) {
    test(sentence, async ({ scene }) => {
      const reason = except?.[scene.visitor.browser]
      test.skip(reason !== undefined, reason)
      await keep(scene)
      expect((await scene.visitor.evaluate(() => window.pageErrors)) ?? [], 'exceptions that the page saw').toEqual([])
    })
  }
}
