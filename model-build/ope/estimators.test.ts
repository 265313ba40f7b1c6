import { describe, expect, test } from 'vitest'
import { DEFAULT_DATA_DIR, hasDataSet } from '../../tools/data-dir.ts'
import { resolveConfig } from '../config/resolve-config.ts'
import { withDatabase } from '../ingest/database.ts'
import { createRandom } from '../train/random.ts'
import { estimatePolicy } from './estimators.ts'
import { judgePolicy, policyOfLog, uniformPolicy } from './judge-policy.ts'
import { readShowings, type ShowingLog } from './showings.ts'

describe('estimatePolicy', () => {
  test('matches values computed by hand', () => {
    const log = {
      reward: Float64Array.from([1, 0, 1, 0]),
      propensity: Float64Array.from([0.5, 0.5, 0.25, 0.25]),
      target: Float64Array.from([0.5, 0.25, 0.75, 0]),
      expected: Float64Array.from([0.5, 0.5, 0.5, 0.5]),
      expectedOfTarget: Float64Array.from([0.5, 0.5, 0.5, 0.5]),
    }
    const open = estimatePolicy(log, { clip: 100, seed: 1 })
    expect(open.ips.value).toBe((1 + 3) / 4)
    expect(open.snips.value).toBe(4 / 4.5)
    expect(open.dr.value).toBe(0.5 + (0.5 - 0.25 + 1.5) / 4)
    expect(open.effectiveSampleSize).toBe(4.5 ** 2 / (1 + 0.25 + 9))
    const cut = estimatePolicy(log, { clip: 2, seed: 1 })
    expect([cut.ips.value, cut.clippedShare, cut.largestWeight]).toEqual([3 / 4, 1 / 4, 3])
  })

  test('finds the value of a policy it never saw, within intervals that cover it, where the log’s own mean does not', () => {
    const random = createRandom(4)
    const rates = [0.02, 0.05, 0.1, 0.3]
    const shown = [0.4, 0.3, 0.2, 0.1]
    const wanted = new Map(rates.map((_, item) => [String(item), shown[3 - item]]))
    const truth = rates.reduce((sum, rate, item) => sum + rate * shown[3 - item], 0)
    const log: ShowingLog = drawLog(20_000, shown, rates, random)
    const found = judgePolicy(log, () => wanted, { clip: 100, seed: 1 })
    for (const { low, high } of [found.ips, found.snips, found.dr]) {
      expect(low).toBeLessThan(truth)
      expect(high).toBeGreaterThan(truth)
    }
    expect(found.dr.high - found.dr.low).toBeLessThan(0.03)
    const own = log.reward.reduce((sum, reward) => sum + reward, 0) / log.reward.length
    expect(own).toBeLessThan(found.dr.low)
  })
})

function drawLog(count: number, shown: readonly number[], rates: readonly number[], random: () => number): ShowingLog {
  const item = Array.from({ length: count }, () => {
    let [left, k] = [random(), 0]
    while (k < shown.length - 1 && left >= shown[k]) left -= shown[k++]
    return k
  })
  return {
    item: item.map(String),
    position: item.map(() => '1'),
    reward: Float64Array.from(item, (k) => (random() < rates[k] ? 1 : 0)),
    propensity: Float64Array.from(item, (k) => shown[k]),
  }
}

const BANDIT = `${DEFAULT_DATA_DIR}/obd-small`
const hasBandit = hasDataSet('obd-small')

describe.skipIf(!hasBandit)(`the Open Bandit sample${hasBandit ? '' : ` (skipped: ${BANDIT} is not there)`}`, () => {
  test.each(['men', 'women'])(
    '%s: the random log foretells the rate of Thompson sampling and the other way round',
    async (campaign) => {
      const { input } = await resolveConfig(undefined, {})
      const read = (policy: string) =>
        withDatabase(input, (connection) =>
          readShowings(connection, [`${BANDIT}/${policy}/${campaign}/${campaign}.csv`], input),
        )
      const random = await read('random')
      const bts = await read('bts')
      const rate = (log: ShowingLog) => log.reward.reduce((sum, click) => sum + click, 0) / log.reward.length
      const ofBts = judgePolicy(random, policyOfLog(bts), { clip: 100, seed: 1 })
      const ofRandom = judgePolicy(bts, uniformPolicy(random.item), { clip: 100, seed: 1 })
      const show = ({ ips, snips, dr, effectiveSampleSize }: typeof ofBts) =>
        `ips ${ips.value.toFixed(4)} snips ${snips.value.toFixed(4)} dr ${dr.value.toFixed(4)} (${dr.low.toFixed(4)}…${dr.high.toFixed(4)}), worth ${effectiveSampleSize.toFixed(0)} showings`
      process.stdout.write(`${campaign}: bts from random: ${show(ofBts)}, on-policy ${rate(bts)}\n`)
      process.stdout.write(`${campaign}: random from bts: ${show(ofRandom)}, on-policy ${rate(random)}\n`)
      // Binomial error of the on-policy rate of 10,000 showings: about 0.0007.
      for (const [found, wanted] of [
        [ofBts, rate(bts)],
        [ofRandom, rate(random)],
      ] as const) {
        for (const { low, high } of [found.ips, found.snips, found.dr]) {
          expect(low).toBeLessThan(wanted + 0.0014)
          expect(high).toBeGreaterThan(wanted - 0.0014)
        }
      }
    },
  )
})
