import { QUERY_SCALE } from '../mean/train-mean.ts'
import { writeInt8 } from '../train/int8-matrix.ts'
import { OnnxGraph } from '../train/onnx-graph.ts'
import { extrasOf, layOutTower } from './shape.ts'
import type { TwoTowerModel } from './train-two-tower.ts'
import { LEAST_SQUARE } from './user-tower.ts'

/**
 * Writes a trained user tower as the ONNX model that `OnnxEncoder` in contract/manifest describes: what `UserTower.encode` computes. Matrices are int8
 * with one step per output column, everything else is f32; item vectors are no part of it.
 */
export function writeTowerOnnx({ shape, weights }: Pick<TwoTowerModel, 'shape' | 'weights'>): Uint8Array {
  const { dim, length, hidden, ratios } = shape
  const graph = new OnnxGraph()
  const pools = ratios.length
  const inputs = pools * dim + extrasOf(shape)
  const { up, upBias, down } = layOutTower(shape)
  const { directions, extras } = writePools(graph, shape)
  const scaled = graph.node('Mul', [directions, scalar(graph, Math.sqrt(dim))])
  const flat = graph.node('Reshape', [scaled, graph.integers([1, pools * dim])])
  const read = graph.node('Concat', [flat, extras], { axis: 1 })
  const used = weights.subarray(up.at, up.at + inputs * hidden)
  const wide = graph.node('MatMul', [read, writeInt8(graph, used, inputs, hidden)])
  const bias = graph.constant(weights.slice(upBias.at, upBias.at + hidden), [hidden])
  const active = graph.node('Relu', [graph.node('Add', [wide, bias])])
  const added = graph.node('MatMul', [
    active,
    writeInt8(graph, weights.subarray(down.at, down.at + hidden * dim), hidden, dim),
  ])
  const first = graph.node('Gather', [directions, graph.constant(BigInt64Array.of(0n), [])], { axis: 0 })
  const base = graph.node('Mul', [first, scalar(graph, QUERY_SCALE)])
  graph.node('Add', [base, graph.node('Reshape', [added, graph.integers([dim])])], {}, 'query')
  return graph.write('two-tower', { history: [length, dim], absent: [1, 1, length] }, { query: [dim] })
}

/** Directions of the pools, pools x dim, and the numbers beside them, 1 x (1 + pools). Absent items are zeros, and weigh nothing in any sum. */
function writePools(graph: OnnxGraph, { length, ratios }: TwoTowerModel['shape']) {
  const pools = ratios.length
  const byPlace = new Float32Array(pools * length)
  const byPool = new Float32Array(length * (1 + pools)).fill(1)
  for (let place = 0; place < length; place++) {
    ratios.forEach((ratio, pool) => {
      byPlace[pool * length + place] = ratio ** (length - 1 - place)
      byPool[place * (1 + pools) + 1 + pool] = byPlace[pool * length + place]
    })
  }
  const sums = graph.node('MatMul', [graph.constant(byPlace, [pools, length]), 'history'])
  const squares = graph.node('ReduceSumSquare', [sums, graph.integers([1])], { keepdims: 1 })
  const lengths = graph.node('Sqrt', [graph.node('Add', [squares, scalar(graph, LEAST_SQUARE)])])
  const present = graph.node('Reshape', [graph.node('Exp', ['absent']), graph.integers([1, length])])
  const totals = graph.node('MatMul', [present, graph.constant(byPool, [length, 1 + pools])])
  const part = (from: number, to: number) =>
    graph.node('Slice', [totals, graph.integers([from]), graph.integers([to]), graph.integers([1])])
  const counted = graph.node('Log', [graph.node('Add', [part(0, 1), scalar(graph, 1)])])
  const activity = graph.node('Div', [counted, scalar(graph, Math.log(1 + length))])
  const inRow = graph.node('Reshape', [lengths, graph.integers([1, pools])])
  const agreement = graph.node('Div', [inRow, part(1, 1 + pools)])
  return {
    directions: graph.node('Div', [sums, lengths]),
    extras: graph.node('Concat', [activity, agreement], { axis: 1 }),
  }
}

function scalar(graph: OnnxGraph, value: number): string {
  return graph.constant(Float32Array.of(value), [1])
}
