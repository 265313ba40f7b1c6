import { expect } from '@playwright/test'
import type { Promised, Scene } from '../promises/scene.ts'
import { type ObjectKind, readReleasePaths } from '../support/release-objects.ts'
import { answeredWith, cutAt, dripAt, flipped, htmlPointer, truncated } from '../support/tampers.ts'
import type { Tamper } from '../support/wire.ts'
import {
  expectCards,
  expectFallback,
  expectResumed,
  FIRST_SLICE,
  ITEMS,
  inWorker,
  lastCode,
  openShelf,
  statusOf,
} from './fault-page.ts'

/** Deadlines of the worker pass twenty times as fast. */
const HURRY = inWorker('const wait = setTimeout; setTimeout = (run, ms = 0, ...rest) => wait(run, ms / 20, ...rest);')

/** What goes wrong between a browser and its edge. */
export const WIRE_FAULTS: readonly Promised[] = [
  {
    sentence: 'a network that is cut at the first cell leaves the fallback, and the list comes when it is back',
    async keep(scene) {
      cutAt(scene.demo.wire, await pathOf(scene, 'head vectors'))
      await openShelf(scene)
      await expectFallback(scene, 'edge-unreachable')
      await expectResumed(scene)
    },
  },
  {
    sentence:
      'a network that is cut at a later cell leaves the list of what is there, and the rest comes when it is back',
    async keep(scene) {
      cutAt(scene.demo.wire, await pathOf(scene, 'next columns'))
      await openShelf(scene)
      await expectCards(scene)
      await expect.poll(() => lastCode(scene)).toBe('edge-unreachable')
      expect(await statusOf(scene)).toMatchObject({ residentItems: FIRST_SLICE })
      await expectResumed(scene)
    },
  },
  refused('bits flipped on the way leave', flipped, 'hash-mismatch'),
  refused('objects that end half-way leave', truncated, 'hash-mismatch'),
  refused('objects that are not there leave', answeredWith(404), 'object-missing'),
  refused('an edge that fails leaves', answeredWith(500), 'edge-unreachable'),
  refused('a page of HTML instead of a pointer leaves', htmlPointer, 'edge-misconfigured'),
  {
    sentence: 'a first cell that drips is given up, and the list comes from the one after it',
    async keep(scene) {
      dripAt(scene.demo.wire, await pathOf(scene, 'head vectors'))
      await openShelf(scene, HURRY)
      await expectCards(scene)
      await expect.poll(() => lastCode(scene), { timeout: 20_000 }).toBe('edge-unreachable')
      expect(await statusOf(scene)).toMatchObject({ residentItems: ITEMS - FIRST_SLICE })
      await expectResumed(scene)
    },
  },
]

/** A fault at a first visit that leaves the fallback, and goes by. */
function refused(what: string, tamper: Tamper, code: string): Promised {
  return {
    sentence: `${what} the fallback, with ${code}, and the list comes when it is over`,
    async keep(scene) {
      scene.demo.wire.tamper = tamper
      await openShelf(scene)
      await expectFallback(scene, code)
      await expectResumed(scene)
    },
  }
}

async function pathOf({ demo }: Scene, kind: ObjectKind): Promise<string> {
  return (await readReleasePaths(demo.site))[kind]
}
