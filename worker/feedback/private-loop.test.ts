import { describe, expect, test } from 'vitest'
import { decodeReport } from '#contract/feedback/report'
import { consent, openAsking } from '../testing/asking-page.ts'
import { value } from '../testing/page.ts'

describe('an engine in aggregate mode', () => {
  test('sends 32 bytes, seldom, to one address, and says what it sent', async () => {
    const { engine, deps, live, posts } = await openAsking()
    value(await engine.setConsent(consent(deps, 'aggregate')))
    await live(20)
    expect(posts().length).toBeGreaterThanOrEqual(1)
    expect(posts().length).toBeLessThanOrEqual(8)
    for (const { method, init } of posts()) {
      expect(method).toBe('POST')
      expect(init).toMatchObject({
        credentials: 'omit',
        referrerPolicy: 'no-referrer',
        cache: 'no-store',
        keepalive: true,
      })
      expect(init.headers).toBeUndefined()
      expect(decodeReport(init.body as Uint8Array)?.qid).toBeOneOf([1, 2]) // a bare Uint8Array
    }
    const status = value(await engine.feedback())
    expect(status).toMatchObject({ mode: 'aggregate', cap28d: 8 })
    expect(status.planHash).toMatch(/^[0-9a-f]{64}$/)
    expect(status.sent28d).toBe(status.debits.length)
    expect(status.epsSum28d).toBe(2 * status.sent28d)
    expect(status.sent28d).toBeGreaterThanOrEqual(posts().length)
  })

  test('keeps what a list taught until it is reported, and forgets it with everything else', async () => {
    const { engine, deps, live, posts } = await openAsking()
    value(await engine.setConsent(consent(deps, 'aggregate')))
    await live(1)
    const { feedback } = deps.openStores('', 'persistent')
    const kept = () => feedback.update((_state, events) => ({ value: [...events.values()] }))
    const lessons = (await kept()).filter(({ takes }) => takes > 0)
    expect(lessons.length).toBeGreaterThan(0)
    expect(lessons.some(({ rank, pair }) => rank.some((x) => x !== 0) && pair.some((x) => x !== 0))).toBe(true)
    await engine.forget()
    await engine.setConsent(consent(deps, 'off'))
    expect(await kept()).toEqual([])
    const before = posts().length
    await live(30)
    expect(posts().length).toBe(before)
  })
})

describe('without aggregate mode', () => {
  const MATRIX = (['off', 'aggregate', 'first-party'] as const).flatMap((ceiling) =>
    ([null, 'off', 'aggregate', 'first-party'] as const).flatMap((choice) =>
      [false, true].map((signal) => ({ ceiling, choice, signal })),
    ),
  )
  const order = ['off', 'aggregate', 'first-party']
  const isOn = ({ ceiling, choice, signal }: (typeof MATRIX)[number]) =>
    !signal && choice !== null && Math.min(order.indexOf(ceiling), order.indexOf(choice)) === 1

  test.each(MATRIX.filter((cell) => !isOn(cell)))(
    'nothing is kept or sent: %j',
    async ({ ceiling, choice, signal }) => {
      const { engine, deps, live, posts } = await openAsking({ ceiling, signal })
      if (choice !== null) await engine.setConsent(consent(deps, choice))
      await live(3)
      expect(posts()).toEqual([])
      const { feedback } = deps.openStores('', 'persistent')
      expect(await feedback.update((state, events) => ({ value: [state.days.length, events.size] }))).toEqual([0, 0])
    },
  )

  test('a hidden page, which looks at no signals, writes and sends nothing until it is shown', async () => {
    const { engine, deps, browser, live, posts } = await openAsking()
    await engine.setConsent(consent(deps, 'aggregate'))
    const kept = () => browser.stores.feedback.update(({ outbox, days }) => ({ value: [outbox.length, days.length] }))
    for (let days = 0; days < 240 && (await kept())[0] === 0; days++) await live(0.125)
    const [before, sent] = [await kept(), posts().length]
    await engine.visibility(true)
    await live(20)
    expect(await kept()).toEqual(before)
    expect(posts().length).toBe(sent)
    await engine.visibility(false)
    await live(1)
    expect(posts().length).toBeGreaterThan(sent)
    expect((await kept())[1]).toBeGreaterThan(before[1])
  })

  test('a signal that the page sees when it is shown again stops what is waiting, for good', async () => {
    const { engine, deps, browser, live, posts } = await openAsking()
    await engine.setConsent(consent(deps, 'aggregate'))
    const waiting = () => browser.stores.feedback.update(({ outbox }) => ({ value: outbox.length }))
    for (let days = 0; days < 240 && (await waiting()) === 0; days++) await live(0.125)
    expect(await waiting()).toBe(1)
    const before = posts().length
    value(await engine.visibility(false, true))
    expect(await waiting()).toBe(0)
    value(await engine.visibility(false, false)) // whatever it says later
    await live(6)
    expect(posts().length).toBe(before)
    expect(value(await engine.feedback())).toMatchObject({ mode: 'off', waiting: 0 })
  })

  test('withdrawal stops what is waiting', async () => {
    const { engine, deps, live, posts } = await openAsking()
    await engine.setConsent(consent(deps, 'aggregate'))
    await live(8)
    const before = posts().length
    await engine.setConsent(consent(deps, 'off'))
    await live(6)
    expect(posts().length).toBe(before)
    expect(value(await engine.feedback())).toMatchObject({ mode: 'off', waiting: 0 })
  })
})
