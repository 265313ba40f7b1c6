import type { OnnxGraph } from './onnx-graph.ts'

/** A row-major matrix on an int8 grid with one step per column: value = rounded * step. */
export type Int8Matrix = { readonly rounded: Int8Array; readonly steps: Float32Array }

/** Rounds a row-major matrix so that each column's largest value is 127 steps. */
export function roundColumns(values: Float32Array, columns: number): Int8Matrix {
  const steps = new Float32Array(columns)
  for (let k = 0; k < values.length; k++) steps[k % columns] = Math.max(steps[k % columns], Math.abs(values[k]) / 127)
  for (let c = 0; c < columns; c++) if (steps[c] === 0) steps[c] = 1
  return { rounded: Int8Array.from(values, (value, k) => Math.round(value / steps[k % columns])), steps }
}

/** Writes a matrix as int8 constants that DequantizeLinear makes into floats. @returns The name of the floats. */
export function writeInt8(graph: OnnxGraph, values: Float32Array, rows: number, columns: number): string {
  const { rounded, steps } = roundColumns(values, columns)
  const inputs = [graph.constant(rounded, [rows, columns]), graph.constant(steps, [columns])]
  return graph.node('DequantizeLinear', inputs, { axis: 1 })
}
