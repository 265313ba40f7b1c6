import { describe, expect, test } from 'vitest'
import { DEFAULTS } from '../config/defaults.ts'
import { type GateInput, judge, requirePass } from './gate.ts'

const { gate } = DEFAULTS
const measured = (ndcg: number, popularity = 0.1, users = 500, firstListBytes = 50_000): GateInput => ({
  metrics: { 'ndcg@20': ndcg, 'popularity.ndcg@20': popularity, users },
  firstListBytes,
})
const LIVE = measured(0.3)

describe('judge', () => {
  test('lets a release pass that is as good, and one that is worse within the limit', () => {
    expect(judge(measured(0.3), LIVE, gate)).toMatchObject({ reasons: [], isSameTest: true, quality: 1, bytes: 1 })
    expect(judge(measured(0.2941), LIVE, gate).reasons).toEqual([])
  })

  test('refuses a loss of quality beyond the limit', () => {
    expect(judge(measured(0.2939), LIVE, gate).reasons).toEqual([expect.stringContaining('NDCG@20 is 0.98 of')])
  })

  test('compares multiples of popularity when the held-out rows differ', () => {
    expect(judge(measured(0.6, 0.2), LIVE, gate)).toMatchObject({ isSameTest: false, quality: 1, reasons: [] })
    expect(judge(measured(0.3, 0.12), LIVE, gate).reasons).toEqual([expect.stringContaining('on other held-out rows')])
  })

  test('refuses more bytes before the first list than allowed', () => {
    expect(judge(measured(0.3, 0.1, 500, 60_000), LIVE, gate).reasons).toEqual([])
    expect(judge(measured(0.3, 0.1, 500, 60_100), LIVE, gate).reasons).toEqual([expect.stringContaining('bytes')])
  })

  test('refuses what is worse than popularity, also as the first release', () => {
    expect(judge(measured(0.09), null, gate).reasons).toEqual([expect.stringContaining("0.9 x popularity's")])
    expect(judge(measured(0.11), null, gate)).toMatchObject({ reasons: [], quality: null, bytes: null })
  })

  test('refuses a release that could not be measured in place of one that was', () => {
    const blind = { metrics: {}, firstListBytes: 50_000 }
    expect(judge(blind, LIVE, gate).reasons).toEqual([expect.stringContaining('no held-out rows')])
    expect(judge(blind, blind, gate)).toMatchObject({ reasons: [], quality: null })
  })

  test('names every reason in one gate-refused', () => {
    const verdict = judge(measured(0.05, 0.1, 500, 90_000), LIVE, gate)
    expect(() => requirePass(verdict)).toThrow(
      expect.objectContaining({ code: 'gate-refused', message: expect.stringMatching(/popularity.*NDCG.*bytes/) }),
    )
    expect(() => requirePass(judge(LIVE, LIVE, gate))).not.toThrow()
  })

  test('refuses a loss of recall among the candidates on the same rows, and a slower recommendation', () => {
    const withRecall = (recall: number, latency?: number): GateInput => ({
      ...LIVE,
      metrics: { ...LIVE.metrics, 'candidates.recall': recall },
      ...(latency === undefined ? {} : { latency }),
    })
    expect(judge(withRecall(0.49, 1.5), withRecall(0.5), gate)).toMatchObject({
      reasons: [],
      recall: 0.98,
      latency: 1.5,
    })
    expect(judge(withRecall(0.4), withRecall(0.5), gate).reasons).toEqual([
      "the candidates' recall is 0.8 of the live release's, below 0.97",
    ])
    expect(judge(withRecall(0.5, 2.1), withRecall(0.5), gate).reasons).toEqual([
      "a recommendation takes 2.1 of the live release's time, above 2",
    ])
    expect(judge(withRecall(0.5, Number.NaN), withRecall(0.5), gate).latency).toBeNull()
  })
})
