import { describe, expect, test } from 'vitest'
import type { ConsentMode } from '#contract/rpc'
import { consent, openAsking } from '../testing/asking-page.ts'
import { value } from '../testing/page.ts'
import { passTurns } from '../testing/pass-turns.ts'
import { TestBrowser } from '../testing/test-deps.ts'
import * as script from './report-loop.ts'

/** A page whose script of private feedback comes when, and as often as, a test lets it. */
async function openWaiting({
  browser = new TestBrowser(),
  ceiling = 'aggregate',
}: {
  readonly browser?: TestBrowser
  readonly ceiling?: ConsentMode
} = {}) {
  const asked: string[] = []
  let answer: () => Promise<unknown> = async () => script
  const page = await openAsking({
    browser,
    ceiling,
    world: () => ({
      importModule: (url) => {
        asked.push(url)
        return answer()
      },
    }),
  })
  const kept = () =>
    browser.stores.feedback.update(({ consentAt, outbox, days }, events) => ({
      value: { consentAt, outbox: outbox.length, days: days.length, events: [...events.values()] },
    }))
  return { ...page, browser, asked, kept, answerWith: (next: typeof answer) => (answer = next) }
}

const missing = async (): Promise<never> => {
  throw new TypeError('Failed to fetch dynamically imported module')
}

describe('the script of private feedback', () => {
  test.each(['off', 'first-party'] as const)('is not asked for in mode %s', async (choice) => {
    const { engine, deps, live, asked } = await openWaiting({ ceiling: 'first-party' })
    await live(1)
    await engine.setConsent(consent(deps, choice))
    await live(1)
    expect(asked).toEqual([])
  })

  test('is waited for by a choice, which a page that is left at once has noted then', async () => {
    const { engine, deps, kept, answerWith } = await openWaiting()
    answerWith(async () => {
      await passTurns(3)
      return script
    })
    value(await engine.setConsent(consent(deps, 'aggregate')))
    const { consentAt } = await kept()
    expect(consentAt).toBe(deps.now)
  })

  test('is asked for once in aggregate mode, and counts what was seen and taken while it was on its way', async () => {
    const { engine, deps, visit, asked, kept, answerWith } = await openWaiting()
    let arrive: () => void = () => undefined
    answerWith(() => new Promise((resolve) => (arrive = () => resolve(script))))
    const choice = engine.setConsent(consent(deps, 'aggregate'))
    await passTurns()
    deps.timers.advance(2_000)
    expect(value(await choice)).toBe('aggregate')
    await visit()
    await passTurns()
    expect(await kept()).toEqual({ consentAt: null, outbox: 0, days: 0, events: [] })
    arrive()
    await passTurns()
    const { consentAt, events } = await kept()
    expect(consentAt).toBe(deps.now)
    expect(events.map(({ takes }) => takes)).toEqual([1])
    await visit()
    expect((await kept()).events.map(({ takes }) => takes)).toEqual([1, 1])
    expect(asked).toEqual(['https://assets.test/pocketshelf-feedback.js'])
  })

  test('that cannot be had costs no call of the page but the question what was sent, and is asked for again at the next look', async () => {
    const { engine, deps, visit, asked, kept, answerWith } = await openWaiting()
    answerWith(missing)
    expect(value(await engine.setConsent(consent(deps, 'aggregate')))).toBe('aggregate')
    await visit()
    await passTurns()
    expect(value(await engine.status()).lastError).toMatchObject({ code: 'engine-unavailable' })
    expect(await engine.feedback()).toMatchObject({ ok: false, error: { code: 'engine-unavailable' } })
    answerWith(async () => ({})) // an edge that answers something else
    expect(await engine.feedback()).toMatchObject({ ok: false, error: { code: 'engine-unavailable' } })
    expect((await kept()).consentAt).toBeNull()
    const before = asked.length
    deps.timers.advance(30_000) // the first look
    await passTurns()
    expect(asked).toHaveLength(before + 1)
    answerWith(async () => script)
    deps.timers.advance(900_000)
    await passTurns()
    expect(asked).toHaveLength(before + 2)
    expect((await kept()).consentAt).toBe(deps.now)
    expect(value(await engine.feedback())).toMatchObject({ mode: 'aggregate' })
  })

  test.each(['withdrawal', 'forgetting', 'forgetting with the ledger'])('is not needed for %s', async (what) => {
    const browser = new TestBrowser()
    const first = await openWaiting({ browser })
    value(await first.engine.setConsent(consent(first.deps, 'aggregate')))
    for (let days = 0; days < 240 && (await first.kept()).outbox === 0; days++) await first.live(0.125)
    const { days, events } = await first.kept()
    expect(events.length).toBeGreaterThan(0)
    await first.engine.stop()
    const next = await openWaiting({ browser })
    next.answerWith(missing)
    if (what === 'withdrawal') value(await next.engine.setConsent(consent(next.deps, 'off')))
    else value(await next.engine.forget({ ledger: what.endsWith('ledger') }))
    const wanted = { consentAt: null, outbox: 0, days: what.endsWith('ledger') ? 0 : days, events: [] }
    expect(await next.kept()).toEqual(wanted)
  })
})
