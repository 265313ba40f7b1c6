/**
 * What one private report costs at epsilon 2: writing it on the device (randomiser and wire form), and adding it into a sum at the edge. One thread of Node; bytes
 * of chance from the system's own source, four at a time, as in a browser's worker.
 *
 * --reports 2000   of each question in a round; five rounds, the median counts
 */
import { randomBytes } from 'node:crypto'
import { freshHitChance, wantedHitChance } from '#contract/feedback/chance'
import type { Question } from '#contract/feedback/plan'
import { decodeReport, encodeReport } from '#contract/feedback/report'
import { hits, type Seed } from '#contract/feedback/seeds'
import { addSeed, sumLength } from '#contract/feedback/sums'
import { type Answer, randomise } from '#worker/core/feedback/randomise'
import { median } from './edge/system.ts'
import { readOptions } from './harness/arguments.ts'
import type { Results } from './run.ts'

const EPSILON = 2
const ROUNDS = 5

const QUESTIONS: readonly Pick<Question, 'id' | 'type' | 'size'>[] = [
  { id: 'rank', type: 'vec', size: 64 },
  { id: 'pair', type: 'vec', size: 256 },
  { id: 'head', type: 'hist', size: 1024 },
  { id: 'canary-main', type: 'bin', size: 2 },
]

export async function run(options: readonly string[], report: (line: string) => void): Promise<Results> {
  const count = Number(readOptions(options, { reports: '2000' }).reports)
  return QUESTIONS.map((question) => {
    report(`${question.type} of ${question.size}`)
    const shape = { ...question, epsilon: EPSILON }
    const answer = question.type === 'vec' ? new Float64Array(question.size).fill(1 / Math.sqrt(question.size)) : 1
    const write = () => writeMany(shape, answer, count)
    verify(shape, answer, write())
    const rounds = Array.from({ length: ROUNDS }, () => {
      const writing = performance.now()
      const seeds = write()
      const adding = performance.now()
      const sum = new Float64Array(sumLength(shape))
      for (const seed of seeds) addSeed(shape, seed, sum)
      return { device: (adding - writing) / count, edge: (performance.now() - adding) / count }
    })
    return {
      question: question.id,
      numbers: question.size,
      deviceMsPerReport: median(rounds.map(({ device }) => device)),
      edgeUsPerReport: 1_000 * median(rounds.map(({ edge }) => edge)),
    }
  })
}

type Shape = Parameters<typeof randomise>[0]

function writeMany(shape: Shape, answer: Answer, count: number): Seed[] {
  const words = () => randomBytes(4).readUInt32BE()
  return Array.from({ length: count }, () => {
    const bytes = encodeReport({ planTag: '0123456789abcdef', qid: 1, seed: randomise(shape, answer, words) })
    const seed = decodeReport(bytes)?.seed
    if (seed === undefined) throw new Error('a report cannot be read back')
    return seed
  })
}

/** As many seeds hit the answer as the budget says, within five standard errors. */
function verify(shape: Shape, answer: Answer, seeds: readonly Seed[]): void {
  const wanted = wantedHitChance(freshHitChance(shape.type, EPSILON), EPSILON)
  const share = seeds.filter((seed) => hits(shape, seed, answer)).length / seeds.length
  if (Math.abs(share - wanted) > 5 * Math.sqrt((wanted * (1 - wanted)) / seeds.length))
    throw new Error(`${share} of the seeds hit, not ${wanted}`)
}
