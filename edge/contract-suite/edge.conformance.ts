import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { backupConformance } from './backup.conformance.ts'
import type { EdgeTarget, RunningEdge } from './edge-target.ts'
import { eventsConformance } from './events.conformance.ts'
import { fallbackConformance } from './fallback.conformance.ts'
import { objectsConformance } from './objects.conformance.ts'
import { publishersConformance } from './publishers.conformance.ts'
import { releasesConformance } from './releases.conformance.ts'
import { reportsConformance } from './reports.conformance.ts'
import { securityConformance } from './security.conformance.ts'

/** The whole contract of the edge; every target's test file calls this with its own way to start one. */
export function edgeConformance(target: EdgeTarget): void {
  objectsConformance(target)
  releasesConformance(target)
  publishersConformance(target)
  backupConformance(target)
  eventsConformance(target)
  reportsConformance(target)
  fallbackConformance(target)
  securityConformance(target)
  operationConformance(target)
}

function operationConformance(target: EdgeTarget): void {
  describe(`${target.name}: operation`, () => {
    let edge: RunningEdge
    beforeAll(async () => {
      edge = await target.start({ sites: [] })
    })
    afterAll(() => edge.close())

    test('is healthy and ready', async () => {
      expect((await fetch(`${edge.url}/healthz`)).status).toBe(200)
      expect(await (await fetch(`${edge.url}/readyz`)).json()).toEqual({ ready: true, notReady: [] })
    })

    test.each(['/', '/v1', '/v1/sites', '/v1/sites/shop', '/v1/sites/shop/channels/main/x', '/nowhere?x=%00'])(
      '%s is not found',
      async (path) => {
        const response = await fetch(`${edge.url}${path}`)
        expect(response.status).toBe(404)
        expect(await response.json()).toMatchObject({ error: { v: 1, code: 'not-found' } })
      },
    )

    test('no answer tells what it runs on or where it failed', async () => {
      for (const path of ['/nowhere', '/v1/sites/%E0%A4%A/channels/main', '/v1/sites/shop/objects/x']) {
        const response = await fetch(`${edge.url}${path}`)
        const text = await response.text()
        expect(response.status).toBeLessThan(500)
        expect(text).not.toMatch(/\.ts|node_modules|at \w+ \(/)
        expect(response.headers.get('x-powered-by')).toBeNull()
      }
    })
  })
}
