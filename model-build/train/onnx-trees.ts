import { LEAF_STEP, type TreeEnsemble } from '#contract/trees'
import { ProtobufWriter } from './protobuf.ts'

/** Field numbers of onnx.proto3. */
const MODEL = { irVersion: 1, producer: 2, graph: 7, opsetImport: 8 } as const
const OPSET = { domain: 1, version: 2 } as const
const GRAPH = { node: 1, name: 2, input: 11, output: 12 } as const
const NODE = { input: 1, output: 2, name: 3, opType: 4, attribute: 5, domain: 7 } as const
const ATTRIBUTE = { name: 1, int: 3, tensor: 5, ints: 8, type: 20 } as const
const ATTRIBUTE_TYPE = { int: 2, tensor: 4, ints: 7 } as const
const TENSOR = { dims: 1, dataType: 2, name: 8, rawData: 9 } as const
const DATA_TYPE = { float: 1, uint8: 2 } as const
const VALUE = { name: 1, type: 2 } as const
const ML_DOMAIN = 'ai.onnx.ml'
/** TreeEnsemble-5 constants: x <= split, sum of leaves, no transform. */
const BRANCH_LEQ = 0
const SUM = 1
const NO_TRANSFORM = 0

/**
 * Writes the ensemble as an ONNX model (ir 10, opset 21, ai.onnx.ml 5): input `features` f32 [N, featureCount], output `score` f32 [N, 1].
 * ONNX Runtime gives the same bits as `scoreTrees`, since leaves lie on a grid on which single-precision sums are exact.
 * Source: onnx.proto3 and the operator TreeEnsemble-5.
 */
export function writeTreeEnsembleOnnx(ensemble: TreeEnsemble): Uint8Array {
  return new ProtobufWriter()
    .int(MODEL.irVersion, 10)
    .text(MODEL.producer, 'pocketshelf')
    .message(MODEL.graph, (graph) => writeGraph(graph, ensemble))
    .message(MODEL.opsetImport, (set) => set.text(OPSET.domain, '').int(OPSET.version, 21))
    .message(MODEL.opsetImport, (set) => set.text(OPSET.domain, ML_DOMAIN).int(OPSET.version, 5))
    .finish()
}

function writeGraph(graph: ProtobufWriter, ensemble: TreeEnsemble): void {
  graph
    .message(GRAPH.node, (node) => {
      node.text(NODE.input, 'features').text(NODE.output, 'score').text(NODE.name, 'trees')
      node.text(NODE.opType, 'TreeEnsemble').text(NODE.domain, ML_DOMAIN)
      writeAttributes(node, ensemble)
    })
    .text(GRAPH.name, 'ranker')
    .message(GRAPH.input, (value) => writeValue(value, 'features', ensemble.featureCount))
    .message(GRAPH.output, (value) => writeValue(value, 'score', 1))
}

type Nodes = {
  readonly roots: number[]
  readonly feature: number[]
  readonly split: Float32Array
  readonly left: number[]
  readonly right: number[]
}

/** The operator has no trees without a split: a tree of one leaf becomes a node both of whose branches reach it. */
function withoutBareLeaves(ensemble: TreeEnsemble): Nodes {
  const feature = [...ensemble.feature]
  const left = [...ensemble.left]
  const right = [...ensemble.right]
  const roots = Array.from(ensemble.roots, (root) => {
    if (root >= 0) return root
    left.push(root)
    right.push(root)
    return feature.push(0) - 1
  })
  const split = new Float32Array(feature.length)
  split.set(ensemble.threshold)
  return { roots, feature, split, left, right }
}

function writeAttributes(node: ProtobufWriter, ensemble: TreeEnsemble): void {
  const nodes = withoutBareLeaves(ensemble)
  const ints = (name: string, values: readonly number[]) =>
    node.message(NODE.attribute, (attribute) => {
      attribute.text(ATTRIBUTE.name, name).packedInts(ATTRIBUTE.ints, values).int(ATTRIBUTE.type, ATTRIBUTE_TYPE.ints)
    })
  const int = (name: string, value: number) =>
    node.message(NODE.attribute, (attribute) => {
      attribute.text(ATTRIBUTE.name, name).int(ATTRIBUTE.int, value).int(ATTRIBUTE.type, ATTRIBUTE_TYPE.int)
    })
  const tensor = (name: string, values: Float32Array | Uint8Array) =>
    node.message(NODE.attribute, (attribute) => {
      attribute.text(ATTRIBUTE.name, name)
      attribute.message(ATTRIBUTE.tensor, (inner) => writeTensor(inner, name, values))
      attribute.int(ATTRIBUTE.type, ATTRIBUTE_TYPE.tensor)
    })
  const target = (children: readonly number[]) => children.map((child) => (child >= 0 ? child : -child - 1))
  const isLeaf = (children: readonly number[]) => children.map((child) => (child >= 0 ? 0 : 1))
  int('aggregate_function', SUM)
  int('post_transform', NO_TRANSFORM)
  int('n_targets', 1)
  ints('tree_roots', nodes.roots)
  ints('nodes_featureids', nodes.feature)
  tensor('nodes_splits', nodes.split)
  tensor('nodes_modes', new Uint8Array(nodes.feature.length).fill(BRANCH_LEQ))
  ints('nodes_truenodeids', target(nodes.left))
  ints('nodes_trueleafs', isLeaf(nodes.left))
  ints('nodes_falsenodeids', target(nodes.right))
  ints('nodes_falseleafs', isLeaf(nodes.right))
  ints('leaf_targetids', new Array<number>(ensemble.leaf.length).fill(0))
  tensor(
    'leaf_weights',
    Float32Array.from(ensemble.leaf, (steps) => steps * LEAF_STEP),
  )
}

function writeTensor(tensor: ProtobufWriter, name: string, values: Float32Array | Uint8Array): void {
  const type = values instanceof Float32Array ? DATA_TYPE.float : DATA_TYPE.uint8
  tensor.packedInts(TENSOR.dims, [values.length]).int(TENSOR.dataType, type).text(TENSOR.name, name)
  tensor.bytes(TENSOR.rawData, new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
}

/** A float tensor of shape [N, width]: ValueInfoProto { name, TypeProto { tensor_type { elem_type, shape { dim … } } } }. */
function writeValue(value: ProtobufWriter, name: string, width: number): void {
  value.text(VALUE.name, name).message(VALUE.type, (type) => {
    type.message(1, (tensor) => {
      tensor.int(1, DATA_TYPE.float).message(2, (shape) => {
        shape.message(1, (dim) => dim.text(2, 'N')).message(1, (dim) => dim.int(1, width))
      })
    })
  })
}
