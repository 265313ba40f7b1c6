import { writeInt8 } from '../train/int8-matrix.ts'
import { OnnxGraph } from '../train/onnx-graph.ts'
import { layOutWeights, lineLength, type Slice } from './shape.ts'
import type { SequenceModel } from './train-sequence.ts'

/** Attention to what comes later; small enough that its share is 0 in single precision. */
const NEVER = -1e9

/**
 * Writes a trained encoder as the ONNX model that `OnnxEncoder` in contract/manifest describes. Matrices are int8 with one step per output column
 * (DequantizeLinear), everything else is f32; item vectors are no part of it.
 */
export function writeEncoderOnnx(model: SequenceModel): Uint8Array {
  const { dim, length, blocks } = model.shape
  const graph = new OnnxGraph()
  const ones = graph.constant(new Float32Array(dim).fill(1), [dim])
  const normalise = (x: string, output?: string) =>
    graph.node('LayerNormalization', [x, ones], { axis: -1, epsilon: 1e-5 }, output)
  const scale = graph.constant(Float32Array.of(Math.sqrt(dim)), [1])
  let stream = graph.node('Mul', ['history', scale])
  for (let block = 0; block < blocks; block++) {
    stream = graph.node('Add', [stream, writeAttention(graph, model, block, normalise(stream))])
    stream = graph.node('Add', [stream, writeInner(graph, model, block, normalise(stream))])
  }
  const last = graph.constant(BigInt64Array.of(BigInt(length - 1)), [])
  normalise(graph.node('Gather', [stream, last], { axis: 0 }), 'query')
  return graph.write('sequence', { history: [length, dim], absent: [1, 1, length] }, { query: [dim] })
}

function writeAttention(graph: OnnxGraph, model: SequenceModel, block: number, input: string): string {
  const { dim, heads, length } = model.shape
  const { attention, distance, mix } = layOutWeights(model.shape).blocks[block]
  const size = dim / heads
  const weights = slice(model, attention).slice()
  for (let k = 0; k < weights.length; k++) if (k % (3 * dim) < dim) weights[k] /= Math.sqrt(size)
  const mixed = graph.node('MatMul', [input, writeMatrix(graph, weights, attention)])
  const [byHead, flat] = [graph.integers([length, heads, size]), graph.integers([length, dim])]
  const part = (index: number, perm: readonly number[]): string => {
    const ends = [[index * dim], [(index + 1) * dim], [1]].map((values) => graph.integers(values))
    const columns = graph.node('Slice', [mixed, ...ends])
    return graph.node('Transpose', [graph.node('Reshape', [columns, byHead])], { perm })
  }
  const near = graph.constant(distances(model, distance), [heads, length, length])
  const scores = graph.node('Add', [graph.node('MatMul', [part(0, [1, 0, 2]), part(1, [1, 2, 0])]), near])
  const shares = graph.node('Softmax', [graph.node('Add', [scores, 'absent'])], { axis: -1 })
  const seen = graph.node('Transpose', [graph.node('MatMul', [shares, part(2, [1, 0, 2])])], { perm: [1, 0, 2] })
  return graph.node('MatMul', [graph.node('Reshape', [seen, flat]), writeMatrix(graph, slice(model, mix), mix)])
}

function writeInner(graph: OnnxGraph, model: SequenceModel, block: number, input: string): string {
  const { up, upBias, down } = layOutWeights(model.shape).blocks[block]
  const wide = graph.node('MatMul', [input, writeMatrix(graph, slice(model, up), up)])
  const bias = graph.constant(slice(model, upBias).slice(), [upBias.columns])
  const active = graph.node('Relu', [graph.node('Add', [wide, bias])])
  return graph.node('MatMul', [active, writeMatrix(graph, slice(model, down), down)])
}

/** The bias of each pair of places, heads x length x length; later places are closed. */
function distances(model: SequenceModel, distance: Slice): Float32Array {
  const { heads, length } = model.shape
  const line = lineLength(model.shape)
  const bias = slice(model, distance)
  const out = new Float32Array(heads * length * length).fill(NEVER)
  for (let h = 0; h < heads; h++)
    for (let i = 0; i < length; i++)
      for (let j = 0; j <= i; j++) out[(h * length + i) * length + j] = bias[h * line + i - j]
  return out
}

function slice({ weights }: SequenceModel, { at, rows, columns }: Slice): Float32Array {
  return weights.subarray(at, at + rows * columns)
}

function writeMatrix(graph: OnnxGraph, values: Float32Array, { rows, columns }: Slice): string {
  return writeInt8(graph, values, rows, columns)
}
