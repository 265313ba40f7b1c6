import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { resolveConfig } from '../config/resolve-config.ts'
import { SILENT } from '../pipeline/progress.ts'
import { evaluateClicks } from './evaluate-clicks.ts'
import { syntheticImpressions } from './synthetic-impressions.conformance.ts'

const [ROWS, TRAIN] = [5000, 4000]
/** Lines without times; each is an independent draw, so that any time may be given to it. */
const rows = syntheticImpressions(ROWS, 5).lines.map((line) => line.split(',').slice(0, 3).join(','))

let dir = ''
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pocketshelf-ties-'))
})
afterAll(() => rm(dir, { recursive: true }))

async function lossOf(train: readonly string[], tested: readonly string[]) {
  const write = async (name: string, lines: readonly string[]) => {
    await writeFile(join(dir, name), `user_id,item_id,label,date\n${lines.join('\n')}\n`)
    return [join(dir, name)]
  }
  const files = { train: await write('train.csv', train), test: await write('test.csv', tested), users: [], items: [] }
  const config = await resolveConfig(undefined, {})
  const { model, baselines, relation } = await evaluateClicks({ files, scores: null, config, report: SILENT })
  return { loss: model?.logLoss.value ?? Number.NaN, base: baselines['base rate'].logLoss.value, relation }
}

const day = (number: number) => `2020-01-${String(number).padStart(2, '0')}`
const userDay = (row: number) => day(1 + (Number(rows[row].slice(1, rows[row].indexOf(','))) % 28))

describe('evaluateClicks', () => {
  test.each([
    ['one train day', 'time', () => day(1), day(2)],
    ['three train days', 'time', (row: number) => day(1 + (row % 3)), day(4)],
    ['seven train days', 'time', (row: number) => day(1 + (row % 7)), day(8)],
    ['two days, of which the test has the last', 'row', (row: number) => day(1 + (row % 2)), day(2)],
    ['one day per user', 'row', userDay, userDay],
  ])('gives no less for a file sorted by label than for a mixed one: %s', async (_, relation, dated, tested) => {
    const lines = rows.slice(0, TRAIN).map((line, row) => `${line},${dated(row)}`)
    const later = rows
      .slice(TRAIN)
      .map((line, k) => `${line},${typeof tested === 'string' ? tested : tested(TRAIN + k)}`)
    const byLabel = (value: string) => lines.filter((line) => line.split(',')[2] === value)
    const mixed = await lossOf(lines, later)
    expect(mixed.relation).toBe(relation)
    for (const sorted of [byLabel('1').concat(byLabel('0')), byLabel('0').concat(byLabel('1'))]) {
      const { loss } = await lossOf(sorted, later)
      expect(Math.abs(loss - mixed.loss)).toBeLessThan(0.02)
      expect(loss).toBeLessThan(mixed.base - 0.03)
    }
  })
})
