/**
 * LambdaMART of this project beside the peers that the machine has, on one made-up data set of lists with graded labels: NDCG@10 on fresh lists, and
 * seconds of the trees alone. Each is run with all trees and with one, each time in a process of its own; the difference is what the trees took, without start,
 * reading and binning.
 *
 * --queries 10000      lists of 20 rows and 32 columns to learn from; a fifth as many are tested on
 * --trees 100        at least 2
 * --threads 1,2
 * --runs 2             the fastest of so many counts
 * --seed 1
 * --lightgbm PATH      LightGBM's command line
 * --python python3     that of a Python with xgboost
 */
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { numberList, readOptions } from './harness/arguments.ts'
import { rounded } from './harness/percentiles.ts'
import { cacheDir } from './harness/places.ts'
import { drawLists, type RankedLists, writeLists } from './ranker/lists.ts'
import { meanNdcg } from './ranker/ndcg.ts'
import { runTimed, type Seconds } from './ranker/timed-command.ts'
import { lightgbmTrainer, ownTrainer, type Shape, type Trainer, xgboostTrainer } from './ranker/trainers.ts'
import type { Results } from './run.ts'

type Row = {
  readonly trainer: string
  readonly threads: number
  readonly ndcg: number
  readonly wallS: number
  readonly cpuS: number
}

export async function run(options: readonly string[], report: (line: string) => void): Promise<Results> {
  const given = readOptions(options, {
    queries: '10000',
    trees: '100',
    threads: '1,2',
    runs: '2',
    seed: '1',
    lightgbm: '',
    python: 'python3',
  })
  const [queries = 0, trees = 0, runs = 0, seed = 0] = numberList(
    [given.queries, given.trees, given.runs, given.seed].join(),
  )
  if (trees < 2) throw new TypeError('--trees must be at least 2')
  const dir = cacheDir('ranker')
  report(`drawing ${queries} lists`)
  const test = drawLists(Math.ceil(queries / 5), seed + 1)
  writeLists(dir, 'train', drawLists(queries, seed))
  writeLists(dir, 'test', test)
  const trainers = trainersOf(given, report)
  const rows: Row[] = []
  for (const threads of numberList(given.threads)) {
    for (const [trainer, own] of Object.entries(trainers)) {
      report(`${trainer}, ${threads} thread${threads === 1 ? '' : 's'}`)
      rows.push({ trainer, threads, ...measure(own, { dir, trees, threads }, { runs, test }) })
    }
  }
  rmSync(dir, { recursive: true, force: true })
  return rows.map((row) => ({ ...row, ...beside(row, rows) }))
}

function trainersOf(
  { lightgbm, python }: { readonly lightgbm: string; readonly python: string },
  report: (line: string) => void,
): Record<string, Trainer> {
  const hasXgboost = spawnSync(python, ['-c', 'import xgboost']).status === 0
  if (!hasXgboost) report(`no peer: ${python} has no xgboost`)
  if (lightgbm === '') report('no peer: --lightgbm names no command line of LightGBM')
  return {
    own: ownTrainer,
    ...(lightgbm === '' ? {} : { lightgbm: lightgbmTrainer(lightgbm) }),
    ...(hasXgboost ? { xgboost: xgboostTrainer(python) } : {}),
  }
}

/** What all trees take beyond the first, as if the first took its share, and how good they are. */
function measure(
  trainer: Trainer,
  shape: Shape,
  { runs, test }: { readonly runs: number; readonly test: RankedLists },
) {
  const fastest = (trees: number): Seconds => {
    const all = Array.from({ length: runs }, () => runTimed(trainer.command({ ...shape, trees })))
    return { wall: Math.min(...all.map(({ wall }) => wall)), cpu: Math.min(...all.map(({ cpu }) => cpu)) }
  }
  const one = fastest(1)
  const all = fastest(shape.trees)
  const scale = shape.trees / (shape.trees - 1)
  return {
    ndcg: meanNdcg(test, trainer.scores(shape.dir)),
    wallS: rounded(scale * (all.wall - one.wall)),
    cpuS: rounded(scale * (all.cpu - one.cpu)),
  }
}

/** This project's numbers over a peer's with as many threads. */
function beside({ trainer, threads, ndcg, cpuS, wallS }: Row, rows: readonly Row[]) {
  const own = rows.find((row) => row.trainer === 'own' && row.threads === threads)
  if (trainer === 'own' || own === undefined) return {}
  return {
    ownNdcgMinus: own.ndcg - ndcg,
    ownWallOver: rounded(own.wallS / wallS),
    ownCpuOver: rounded(own.cpuS / cpuS),
  }
}
