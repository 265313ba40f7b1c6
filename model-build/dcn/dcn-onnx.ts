import type { Slice } from '../sequence/shape.ts'
import { writeInt8 } from '../train/int8-matrix.ts'
import { OnnxGraph } from '../train/onnx-graph.ts'
import { type DcnModel, type MatrixSize, takeMatrix } from './dcn-model.ts'
import { layOutDcn } from './shape.ts'
import { LIMIT } from './standardise.ts'

/**
 * Writes a trained network as a ranker's ONNX model: input `features` f32 [N, features] as they are, which the graph standardises; output `score` f32
 * [N, 1]. Matrices are int8 with one step per column (DequantizeLinear), everything else is f32.
 */
export function writeDcnOnnx(model: DcnModel): Uint8Array {
  const graph = new OnnxGraph()
  const { features } = model.shape
  const { crossOut, deepOut } = layOutDcn(model.shape)
  const input = writeStandard(graph, model)
  const crossed = writeOutput(graph, model, writeCross(graph, model, input), { slice: crossOut, rows: features })
  const deep = writeOutput(graph, model, writeDeep(graph, model, input), { slice: deepOut, rows: deepOut.columns })
  graph.node('Add', [crossed, deep], {}, 'score')
  return graph.write('ranker', { features: ['N', features] }, { score: ['N', 1] })
}

function writeStandard(graph: OnnxGraph, { standard }: DcnModel): string {
  const row = (values: Float32Array) => graph.constant(values, [values.length])
  const scaled = graph.node('Mul', [graph.node('Sub', ['features', row(standard.means)]), row(standard.rates)])
  return graph.node('Clip', [scaled, ...[-LIMIT, LIMIT].map((limit) => graph.constant(Float32Array.of(limit), []))])
}

function writeCross(graph: OnnxGraph, model: DcnModel, input: string): string {
  const { features, rank } = model.shape
  let crossed = input
  for (const { down, up, bias } of layOutDcn(model.shape).cross) {
    const low = graph.node('MatMul', [crossed, writeMatrix(graph, model, down, { rows: features, columns: rank })])
    const high = graph.node('MatMul', [low, writeMatrix(graph, model, up, { rows: rank, columns: features })])
    const factor = graph.node('Add', [high, writeRow(graph, model, bias, features)])
    crossed = graph.node('Add', [crossed, graph.node('Mul', [input, factor])])
  }
  return crossed
}

function writeDeep(graph: OnnxGraph, model: DcnModel, input: string): string {
  let hidden = input
  for (const [l, { matrix, bias }] of layOutDcn(model.shape).deep.entries()) {
    const size = l === 0 ? { rows: model.shape.features, columns: matrix.columns } : matrix
    const wide = graph.node('MatMul', [hidden, writeMatrix(graph, model, matrix, size)])
    hidden = graph.node('Relu', [graph.node('Add', [wide, writeRow(graph, model, bias, bias.columns)])])
  }
  return hidden
}

function writeOutput(
  graph: OnnxGraph,
  { weights }: DcnModel,
  input: string,
  { slice, rows }: { readonly slice: Slice; readonly rows: number },
): string {
  return graph.node('MatMul', [input, graph.constant(weights.slice(slice.at, slice.at + rows), [rows, 1])])
}

function writeMatrix(graph: OnnxGraph, { weights }: DcnModel, slice: Slice, size: MatrixSize): string {
  return writeInt8(graph, takeMatrix(weights, slice, size), size.rows, size.columns)
}

function writeRow(graph: OnnxGraph, { weights }: DcnModel, { at }: Slice, columns: number): string {
  return graph.constant(weights.slice(at, at + columns), [columns])
}
