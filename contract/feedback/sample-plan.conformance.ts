import type { Plan } from './plan.ts'

/** A plan with every question, for tests. */
export function samplePlan(): Plan {
  return {
    v: 1,
    epochFrom: 2_900,
    epochTo: 3_100,
    preset: 'standard',
    questions: [
      { id: 'rank', qid: 1, type: 'vec', size: 15, weight: 0.3, clip: 4 },
      { id: 'pair', qid: 2, type: 'vec', size: 64, weight: 0.3 },
      { id: 'head', qid: 3, type: 'hist', size: 1_024, weight: 0.2 },
      { id: 'pos', qid: 4, type: 'hist', size: 25, weight: 0.1 },
      { id: 'canary-main', qid: 5, type: 'bin', size: 2, weight: 0.05 },
      { id: 'canary-canary', qid: 6, type: 'bin', size: 2, weight: 0.05 },
    ],
  }
}
