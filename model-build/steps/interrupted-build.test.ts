import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { generateDemoData } from '../demo-data/generate-demo-data.ts'
import { createIo, createWorkspace } from '../publish/testing/tiny-site.ts'
import { readRuns } from '../registry/runs.ts'
import { readReleaseDir } from '../release/release-dir.ts'
import { type Tuning, takenStages } from '../tune/tuning.ts'
import { buildRelease } from './build-release.ts'
import { compareTwoRuns } from './compare-runs.ts'
import { listRuns } from './list-runs.ts'
import { reproduceRun } from './reproduce-run.ts'
import { stepOfLine } from './testing/step-of-line.ts'

const CONFIG = `[embedding]
dimensions = 8
sweeps = 2
[ranker]
trees = 4
leaves = 4
maxQueries = 60
`

/** Steps that a build can be stopped in, in order. */
const STEPS = [
  'read inputs',
  'choose hyper-parameters',
  'make training lists',
  'train ranker',
  'train models to judge',
  'recommend',
  'cost of minSupport',
  'train models',
  'write objects',
]

describe('a build', () => {
  let dir = ''
  let dispose = async (): Promise<void> => undefined
  let config = ''
  let shop = ''

  beforeAll(async () => {
    ;({ dir, dispose } = await createWorkspace())
    shop = join(dir, 'shop')
    config = join(dir, 'pocketshelf.toml')
    await writeFile(config, CONFIG)
    await generateDemoData({ outDir: shop, items: 80, users: 150, interactions: 2_500, covers: false })
  })
  afterAll(() => dispose())

  const request = (outDir: string) => ({
    outDir: join(dir, outDir),
    keysDir: undefined,
    configFile: config,
    overrides: {},
    interactions: [],
    items: [],
    dataDir: shop,
  })

  /** Runs `pocketshelf build` in a process of its own that dies as it enters a step; gives the steps it entered. */
  const buildUntil = async (outDir: string, last: string | null, flags: readonly string[] = []): Promise<string[]> => {
    const [cli, preload] = ['../cli.ts', './testing/kill-at-step.ts'].map((name) => new URL(name, import.meta.url))
    const args = [cli.pathname, 'build', '--config', config, '--data', shop, '--out', join(dir, outDir), ...flags]
    const child = spawn(process.execPath, ['--import', preload.href, ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, POCKETSHELF_TEST_KILL_AT: last ?? '' },
    })
    const entered: string[] = []
    createInterface({ input: child.stderr }).on('line', (line) => {
      const step = stepOfLine(line)
      if (step !== undefined && entered.at(-1) !== step) entered.push(step)
    })
    const ended = await new Promise((settle) => child.once('close', (code, signal) => settle(signal ?? code)))
    expect(ended).toBe(last === null ? 0 : 'SIGKILL')
    return entered
  }

  const expectSameBytes = async (torn: string, whole: string): Promise<void> => {
    const [a, b] = [await readReleaseDir(join(dir, torn)), await readReleaseDir(join(dir, whole))]
    expect(a.file).toEqual(b.file)
    for (const name of b.file.objects) {
      const bytes = await Promise.all([torn, whole].map((of) => readFile(join(dir, of, 'objects', name))))
      expect(bytes[1].equals(bytes[0])).toBe(true)
    }
  }

  test('killed at each of its steps it leaves no release, goes on from its last finished step, and gives the bytes of one that was never stopped', async () => {
    await buildRelease(request('whole'), createIo())
    let before: string[] = []
    for (const step of STEPS) {
      const entered = await buildUntil('torn', step)
      expect(entered).toContain(step)
      expect(existsSync(join(dir, 'torn', 'release.json'))).toBe(false)
      before = entered
    }
    expect(before).not.toContain('train ranker')
    const rest = await buildUntil('torn', null)
    expect(rest).toEqual(['read inputs', 'write objects to judge', 'write objects'])
    await expectSameBytes('torn', 'whole')
    expect((await readdir(join(dir, 'torn'))).sort()).toEqual((await readdir(join(dir, 'whole'))).sort())
  })

  test.each([
    ['auto', 'thorough', 0],
    ['quick', 'quick', 1],
  ] as const)('whose effort is %s is %s, and says so where it looked at samples', async (effort, name, said) => {
    const asked = { ...request(`effort ${effort}`), overrides: { training: { effort } } }
    const { summary, lines } = await buildRelease(asked, createIo())
    expect(summary).toMatchObject({ chosen: { effort: name } })
    expect(lines.filter((line) => line.startsWith('quick: ') && line.includes('effort = "thorough"'))).toHaveLength(
      said,
    )
  })

  test('that tunes goes on from the last finished rung of its searches, gives the same bytes, and says what came of them', async () => {
    const outDir = join(dir, 'tuned')
    const { summary, lines } = await buildRelease(
      { ...request('tuned'), overrides: { tuning: { enabled: true } } },
      createIo(),
    )
    expect(await buildUntil('torn tuned', 'judge the tuned first stage', ['--tune'])).toContain(
      'tune voters (12 trials)',
    )
    const entered = await buildUntil('torn tuned', 'recommend', ['--tune'])
    expect(entered).toContain('tune ranker (18 trials)')
    expect(entered).not.toContain('choose hyper-parameters')
    await buildUntil('torn tuned', null, ['--tune'])
    await expectSameBytes('torn tuned', 'tuned')
    const { chosen } = summary as { chosen: { tuning: Tuning } } // written by buildSummary
    expect(chosen.tuning.firstStage.searches.map(({ name, trials }) => [name, trials.length])).toEqual([
      ['embedding', 26],
      ['voters', 12],
    ])
    expect(lines.filter((line) => line.startsWith('tuning of the'))).toHaveLength(2)
    const [run] = await readRuns(outDir)
    expect(run.tuned).toEqual(takenStages(chosen.tuning))
    expect((await listRuns({ outDir })).lines[0]).toContain('tuned: ')
    expect((await reproduceRun({ outDir, id: run.id }, createIo())).summary).toMatchObject({ isSame: true })
    const page = await readFile(join(outDir, 'report.html'), 'utf8')
    expect(page).toContain('What tuning tried')
    expect(page).toContain('Trials of the ranker, 8 of 18')
  })

  test('is remembered with its data, settings, numbers and times, and can be reproduced byte for byte', async () => {
    const outDir = join(dir, 'whole')
    const again = { ...request('whole'), overrides: { release: { minSupport: 2 } } }
    await buildRelease(again, createIo())
    const [first, second] = await readRuns(outDir)
    expect(first.dataHash).toBe(second.dataHash)
    expect(second.before.items).toBe(80)
    expect(first.steps.map(({ name }) => name)).toContain('train ranker')
    const { summary } = await compareTwoRuns({ outDir, a: first.id, b: second.id })
    expect(summary).toMatchObject({
      isSameData: true,
      isSameRelease: false,
      settings: [{ name: 'release.minSupport', a: 5, b: 2 }],
    })
    for (const { id, manifest } of [first, second]) {
      const { summary: same } = await reproduceRun({ outDir, id }, createIo())
      expect(same).toMatchObject({ run: id, manifest, isSame: true })
    }
    expect((await listRuns({ outDir })).lines).toHaveLength(2)
    await expect(reproduceRun({ outDir, id: 'nothing' }, createIo())).rejects.toMatchObject({ code: 'input-missing' })
  })

  test('that would be worse than the last release writes nothing under --gate, and says why', async () => {
    const worse = { ...request('whole'), gate: true, overrides: { gate: { minPopularityLift: 1_000 } } }
    const before = await readFile(join(dir, 'whole', 'release.json'), 'utf8')
    await expect(buildRelease(worse, createIo())).rejects.toMatchObject({
      code: 'gate-refused',
      message: expect.stringContaining("popularity's, below 1000"),
    })
    expect(await readFile(join(dir, 'whole', 'release.json'), 'utf8')).toBe(before)
  })

  test('writes a report that asks for nothing, with the numbers of report.json and the changes that would help', async () => {
    const page = await readFile(join(dir, 'whole', 'report.html'), 'utf8')
    const numbers = JSON.parse(await readFile(join(dir, 'whole', 'report.json'), 'utf8'))
    expect(page).not.toMatch(/<script|<link|<img|url\((?!#)|@import/)
    expect(page).toContain(numbers.heldOut.model.metrics['ndcg@20'].toFixed(4))
    for (const title of [
      'From the first click on',
      'What diversity costs',
      'What minSupport costs',
      'Where the time went',
    ])
      expect(page).toContain(title)
    expect(page.match(/role="img" aria-label="[^"]{20,}"/g)?.length).toBe(page.match(/<figure>/g)?.length)
    expect(numbers.advice.length).toBeGreaterThan(0)
    for (const { change, stake } of numbers.advice) {
      expect(page).toContain(change.split('"')[0].slice(0, 30))
      expect(stake).toBeGreaterThan(0)
    }
  })
})
