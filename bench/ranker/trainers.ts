import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ROOT } from '../harness/places.ts'
import { DOCUMENTS, FEATURES } from './lists.ts'
import type { TimedCommand } from './timed-command.ts'

/** What all trainers do alike. */
export type Shape = {
  /** Holds train and test lists, and takes what trainers write. */
  readonly dir: string
  readonly trees: number
  readonly threads: number
}

export const LEAVES = 31
export const LEARNING_RATE = 0.1
export const BINS = 255
export const MIN_ROWS = 20
/** Ridge on leaves: next to none, for the peers have none by default. */
const L2 = 0.001

/** One way to train and to score the test lists: a command that does both, and where its scores then are. */
export type Trainer = {
  command(shape: Shape): TimedCommand
  scores(dir: string): Float32Array
}

/** Scores that a script of ours wrote as f32. */
const rawScores = (dir: string): Float32Array => {
  const bytes = readFileSync(join(dir, 'scores'))
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))
}

/** LambdaMART of this project, in a process of its own (folders of the project do not import each other). */
export const ownTrainer: Trainer = {
  command: ({ dir, trees, threads }) => {
    const script = join(dir, 'own.mjs')
    writeFileSync(script, OWN)
    return {
      file: process.execPath,
      args: ['--disable-warning=ExperimentalWarning', script, dir, trees, threads].map(String),
    }
  },
  scores: rawScores,
}

const ownModule = (path: string): string => pathToFileURL(join(ROOT, path)).href

const OWN = `
import { readFileSync, writeFileSync } from 'node:fs'
import { scoreTrees } from '${ownModule('contract/trees.ts')}'
import { trainLambdaMart } from '${ownModule('model-build/train/lambda-mart.ts')}'
import { createKernelPool } from '${ownModule('model-build/train/thread-pool.ts')}'
const [dir, trees, threads] = process.argv.slice(2)
const read = (name) => new Uint8Array(readFileSync(dir + '/' + name)).slice()
const features = new Float32Array(read('train.features').buffer)
const labels = read('train.labels')
const gains = Float32Array.from(labels, (label) => 2 ** label - 1)
const groups = Int32Array.from({ length: labels.length / ${DOCUMENTS} + 1 }, (_, g) => g * ${DOCUMENTS})
const pool = await createKernelPool({ threads: Number(threads) })
const options = { trees: Number(trees), leaves: ${LEAVES}, learningRate: ${LEARNING_RATE}, minRowsPerLeaf: ${MIN_ROWS}, l2: ${L2}, seed: 1, pool }
const { ensemble } = await trainLambdaMart({ pieces: [features], featureCount: ${FEATURES}, gains, groups }, options)
await pool.close()
const test = new Float32Array(read('test.features').buffer)
writeFileSync(dir + '/scores', new Uint8Array(scoreTrees(ensemble, test, test.length / ${FEATURES}).buffer))
`

/** XGBoost's Python package, its histogram method grown leaf by leaf. It forms one pair per row and round by default, which costs it quality. */
export function xgboostTrainer(python: string): Trainer {
  return {
    command: ({ dir, trees, threads }) => {
      const script = join(dir, 'peer.py')
      writeFileSync(script, XGBOOST)
      return { file: python, args: [script, dir, trees, threads].map(String) }
    },
    scores: rawScores,
  }
}

const XGBOOST = `
import sys
import numpy as np
import xgboost as xgb
folder, trees, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
def lists(name):
    labels = np.fromfile(folder + '/' + name + '.labels', dtype=np.uint8)
    rows = np.fromfile(folder + '/' + name + '.features', dtype=np.float32).reshape(len(labels), ${FEATURES})
    data = xgb.DMatrix(rows, label=labels, nthread=threads)
    data.set_group([${DOCUMENTS}] * (len(labels) // ${DOCUMENTS}))
    return data
settings = {'objective': 'rank:ndcg', 'tree_method': 'hist', 'grow_policy': 'lossguide', 'max_leaves': ${LEAVES}, 'max_depth': 0,
            'eta': ${LEARNING_RATE}, 'max_bin': ${BINS}, 'min_child_weight': 0, 'lambda': ${L2}, 'nthread': threads, 'seed': 1}
model = xgb.train(settings, lists('train'), trees)
model.predict(lists('test')).astype(np.float32).tofile(folder + '/scores')
`

/** LightGBM's command line: lambdarank, the rest as its defaults are. */
export function lightgbmTrainer(cli: string): Trainer {
  return {
    command: ({ dir, trees, threads }) => {
      const common = { header: 'false', label_column: 0, num_threads: threads, verbosity: -1 }
      const train = {
        ...common,
        task: 'train',
        objective: 'lambdarank',
        data: 'train.csv',
        output_model: 'model.txt',
        num_trees: trees,
      }
      const tree = {
        num_leaves: LEAVES,
        learning_rate: LEARNING_RATE,
        max_bin: BINS,
        min_data_in_leaf: MIN_ROWS,
        lambda_l2: L2,
      }
      return {
        file: cli,
        args: settingsOf({ ...train, ...tree }),
        cwd: dir,
        after: settingsOf({
          ...common,
          task: 'predict',
          data: 'test.csv',
          input_model: 'model.txt',
          output_result: 'scores.txt',
        }),
      }
    },
    scores: (dir) => Float32Array.from(readFileSync(join(dir, 'scores.txt'), 'utf8').trim().split('\n'), Number),
  }
}

const settingsOf = (settings: Readonly<Record<string, string | number>>): string[] =>
  Object.entries(settings).map(([name, value]) => `${name}=${value}`)
