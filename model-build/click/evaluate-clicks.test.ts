import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runCommandLine } from '../commands/program.ts'
import { resolveConfig } from '../config/resolve-config.ts'
import { SILENT } from '../pipeline/progress.ts'
import { auc } from './click-metrics.ts'
import { evaluateClicks } from './evaluate-clicks.ts'
import { syntheticImpressions } from './synthetic-impressions.conformance.ts'

const HEADER = 'user_id,item_id,label,timestamp,position\n'
const TRAIN = 6000
const log = syntheticImpressions(8000, 3)
const labelsOf = (lines: readonly string[]) => lines.map((line) => Number(line.split(',')[2]))

let dir = ''
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pocketshelf-click-'))
  await writeFile(join(dir, 'train.csv'), HEADER + log.lines.slice(0, TRAIN).join('\n'))
  await writeFile(join(dir, 'test.csv'), HEADER + log.lines.slice(TRAIN).join('\n'))
  await writeFile(join(dir, 'users.csv'), log.users)
  await writeFile(join(dir, 'items.csv'), log.items)
})
afterAll(() => rm(dir, { recursive: true }))

async function run(train: string, tested: string, scores: string | null = null) {
  const at = (name: string) => [join(dir, name)]
  const files = { train: at(train), test: at(tested), users: at('users.csv'), items: at('items.csv') }
  const config = await resolveConfig(undefined, {})
  return evaluateClicks({ files, scores: scores === null ? null : join(dir, scores), config, report: SILENT })
}

async function scoresIn(name: string): Promise<{ user_id: string; item_id: string; score: number }[]> {
  const text = await readFile(join(dir, name), 'utf8')
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

describe('evaluateClicks', () => {
  test('comes near what the true chances reach, far above item and user rates, with calibrated probabilities', async () => {
    const found = await run('train.csv', 'test.csv', 'scores.jsonl')
    const best = auc(log.chances.slice(TRAIN), labelsOf(log.lines.slice(TRAIN)))
    expect(found.relation).toBe('time')
    expect(best).toBeGreaterThan(0.85)
    expect(found.model?.auc.value).toBeGreaterThan(best - 0.08)
    expect(found.model?.auc.value).toBeLessThan(best)
    expect(found.baselines['item CTR'].auc.value).toBeLessThan(0.72)
    expect(found.baselines['user × item CTR'].auc.value).toBeLessThan(found.model?.auc.low ?? 0)
    expect(found.baselines['base rate'].auc.value).toBe(0.5)
    const scores = await scoresIn('scores.jsonl')
    expect(scores.map(({ user_id, item_id }) => `${user_id},${item_id}`)).toEqual(
      log.lines.slice(TRAIN).map((line) => line.split(',').slice(0, 2).join(',')),
    )
    const mean = scores.reduce((sum, { score }) => sum + score, 0) / scores.length
    const share = labelsOf(log.lines.slice(TRAIN)).reduce((sum, label) => sum + label, 0) / scores.length
    expect(Math.abs(mean - share)).toBeLessThan(0.03)
  })

  test('scores test rows alike with any labels or none, and gives each row a line, also without a user or with a new item', async () => {
    const fields = log.lines.slice(TRAIN, TRAIN + 300).map((line) => line.split(','))
    const strange = [...fields, ['', 'i1', '0', '1700600000', '1'], ['u2', 'unheard-of', '1', '1700600000', '2']]
    const flipped = strange.map(([user, item, label, ...rest]) => [user, item, 1 - Number(label), ...rest].join(','))
    await writeFile(join(dir, 'plain.csv'), HEADER + strange.map((row) => row.join(',')).join('\n'))
    await writeFile(join(dir, 'flipped.csv'), HEADER + flipped.join('\n'))
    const bare = strange.map(([user, item, , ...rest]) => [user, item, ...rest].join(','))
    await writeFile(join(dir, 'bare.csv'), `user_id,item_id,timestamp,position\n${bare.join('\n')}`)
    const outcomes = []
    for (const name of ['plain', 'flipped', 'bare']) {
      const { model } = await run('train.csv', `${name}.csv`, `${name}.jsonl`)
      outcomes.push({ isMeasured: model !== null, scores: await scoresIn(`${name}.jsonl`) })
    }
    expect(outcomes[0].scores).toHaveLength(302)
    expect(outcomes[1].scores).toEqual(outcomes[0].scores)
    expect(outcomes[2].scores).toEqual(outcomes[0].scores)
    expect(outcomes.map(({ isMeasured }) => isMeasured)).toEqual([true, true, false])
    expect(outcomes[0].scores[300]).toMatchObject({ user_id: '', item_id: 'i1' })
  })

  test('refuses labels that are not 0 and 1, telling what to write', async () => {
    await writeFile(join(dir, 'ratings.csv'), 'user_id,item_id,label\na,b,4\na,c,5\n')
    await expect(run('ratings.csv', 'test.csv')).rejects.toMatchObject({
      code: 'input-malformed',
      message: expect.stringContaining('labels are 0 or 1'),
    })
  })

  test('is what the README’s command line runs', async () => {
    const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8')
    const line = readme.split('\n').find((text) => text.includes('--task click')) ?? ''
    const args = line.split(' -- ')[1].split(' ')
    let out = ''
    const stdout = (text: string) => {
      out += text
    }
    const streams = { stdout, stderr: () => undefined, isTerminal: false }
    const context = { streams, nowMs: () => 0, signal: new AbortController().signal, exitCode: 0 }
    const inDir = args.map((arg) => (/\.(csv|jsonl)$/.test(arg) ? join(dir, arg) : arg))
    expect(await runCommandLine(inDir, context)).toBe(0)
    const printed = JSON.parse(out)
    expect(printed).toMatchObject({ ok: true, task: 'click', trainRows: TRAIN, testRows: log.lines.length - TRAIN })
    expect(printed.auc).toBeGreaterThan(0.75)
    expect(await scoresIn('out.jsonl')).toHaveLength(log.lines.length - TRAIN)
  })
})
