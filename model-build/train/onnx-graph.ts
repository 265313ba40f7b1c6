import { ProtobufWriter } from './protobuf.ts'

/** Field numbers of onnx.proto3. */
export const ONNX = {
  model: { irVersion: 1, producer: 2, graph: 7, opsetImport: 8 },
  opset: { domain: 1, version: 2 },
  graph: { node: 1, name: 2, initializer: 5, input: 11, output: 12 },
  node: { input: 1, output: 2, name: 3, opType: 4, attribute: 5, domain: 7 },
  attribute: { name: 1, float: 2, int: 3, tensor: 5, ints: 8, type: 20 },
  attributeType: { float: 1, int: 2, tensor: 4, ints: 7 },
  tensor: { dims: 1, dataType: 2, name: 8, rawData: 9 },
  dataType: { float: 1, uint8: 2, int8: 3, int64: 7 },
  value: { name: 1, type: 2 },
} as const

type Attribute = number | readonly number[]

type Values = Float32Array | Int8Array | BigInt64Array

/** Sizes of a float tensor; a name stands for a size that each run is free to choose. */
export type Dims = readonly (number | string)[]

/** Collects nodes and constants of an ONNX graph (ir 10, opset 21) whose inputs and outputs are float tensors. */
export class OnnxGraph {
  readonly #writers: ((graph: ProtobufWriter) => void)[] = []
  #names = 0

  /** Adds a node with one output, or as many as asked for; whole numbers are integer attributes unless named in `floats`. @returns The name of its first output. */
  node(
    opType: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    output: string = this.#next(opType),
  ): string {
    this.#writers.push((graph) => {
      graph.message(ONNX.graph.node, (node) => {
        for (const input of inputs) node.text(ONNX.node.input, input)
        node.text(ONNX.node.output, output).text(ONNX.node.name, output).text(ONNX.node.opType, opType)
        for (const [name, value] of Object.entries(attributes)) writeAttribute(node, name, value)
      })
    })
    return output
  }

  /** Adds a constant. @returns Its name. */
  constant(values: Values, dims: readonly number[]): string {
    const name = this.#next('constant')
    this.#writers.push((graph) => {
      graph.message(ONNX.graph.initializer, (tensor) => {
        tensor.packedInts(ONNX.tensor.dims, dims).int(ONNX.tensor.dataType, typeOf(values)).text(ONNX.tensor.name, name)
        tensor.bytes(ONNX.tensor.rawData, new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
      })
    })
    return name
  }

  /** A constant of 64-bit integers, as shapes, axes and indices are. */
  integers(values: readonly number[]): string {
    return this.constant(
      BigInt64Array.from(values, (value) => BigInt(value)),
      [values.length],
    )
  }

  /** The finished model. */
  write(name: string, inputs: Readonly<Record<string, Dims>>, outputs: Readonly<Record<string, Dims>>): Uint8Array {
    return new ProtobufWriter()
      .int(ONNX.model.irVersion, 10)
      .text(ONNX.model.producer, 'pocketshelf')
      .message(ONNX.model.graph, (graph) => {
        for (const write of this.#writers) write(graph)
        graph.text(ONNX.graph.name, name)
        for (const [input, dims] of Object.entries(inputs))
          graph.message(ONNX.graph.input, (value) => writeValue(value, input, dims))
        for (const [output, dims] of Object.entries(outputs))
          graph.message(ONNX.graph.output, (value) => writeValue(value, output, dims))
      })
      .message(ONNX.model.opsetImport, (set) => set.text(ONNX.opset.domain, '').int(ONNX.opset.version, 21))
      .finish()
  }

  #next(kind: string): string {
    return `${kind}${this.#names++}`
  }
}

function typeOf(values: Values): number {
  if (values instanceof Float32Array) return ONNX.dataType.float
  return values instanceof Int8Array ? ONNX.dataType.int8 : ONNX.dataType.int64
}

function writeAttribute(node: ProtobufWriter, name: string, value: Attribute): void {
  node.message(ONNX.node.attribute, (attribute) => {
    attribute.text(ONNX.attribute.name, name)
    if (typeof value !== 'number')
      attribute.packedInts(ONNX.attribute.ints, value).int(ONNX.attribute.type, ONNX.attributeType.ints)
    else if (Number.isInteger(value))
      attribute.int(ONNX.attribute.int, value).int(ONNX.attribute.type, ONNX.attributeType.int)
    else attribute.float(ONNX.attribute.float, value).int(ONNX.attribute.type, ONNX.attributeType.float)
  })
}

function writeValue(value: ProtobufWriter, name: string, dims: Dims): void {
  value.text(ONNX.value.name, name).message(ONNX.value.type, (type) => {
    type.message(1, (tensor) => {
      tensor.int(1, ONNX.dataType.float).message(2, (shape) => {
        for (const size of dims)
          shape.message(1, (dim) => (typeof size === 'number' ? dim.int(1, size) : dim.text(2, size)))
      })
    })
  })
}
