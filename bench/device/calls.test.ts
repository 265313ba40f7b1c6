import { expect, test } from 'vitest'
import { summarise } from './calls.ts'

const timings = { foldInMs: 1, retrievalMs: 2, featuresMs: 1, rankingMs: 1, rulesMs: 0.5, totalMs: 5.5 }
const sample = { timings, ranker: 'onnx', retriever: ['hnsw', 'scan'], candidates: 500, items: 20 } as const

test('summarise › counts what the worker does not as the way around it', () => {
  const result = summarise([{ ...sample, totalMs: 7 }], 10_000)
  expect(result.p50Ms).toBe(7)
  expect(result.stages.aroundMs.p50Ms).toBe(1.5)
  expect(result.stages.retrievalMs.p99Ms).toBe(2)
})

test('summarise › names every engine that served', () => {
  const result = summarise(
    [
      { ...sample, totalMs: 7 },
      { ...sample, totalMs: 7, ranker: 'trees' },
    ],
    10_000,
  )
  expect(result).toMatchObject({ ranker: 'onnx+trees', retriever: 'hnsw+scan', candidates: 500, histories: 2 })
})
