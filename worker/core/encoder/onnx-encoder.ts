import { RecError } from '#contract/errors'
import type { OnnxSpace } from '#contract/manifest'
import { type OrtModule, openSession } from '../onnx-session.ts'
import type { SequenceEncoder } from './sequence-encoder.ts'

/** An encoder with a session to give back. */
export type OnnxEncoder = SequenceEncoder & { close(): Promise<void> }

/** Added to the attention of places without an item. */
const ABSENT = -1e9

/**
 * Opens the encoder of a space, see `OnnxEncoder` in contract/manifest. Calls wait for each other, since a session runs one at a time.
 * @throws RecError `model-malformed` when the runtime refuses the model.
 */
export async function createOnnxEncoder(
  ort: OrtModule,
  model: Uint8Array,
  { dim, encoder: { length } }: OnnxSpace,
): Promise<OnnxEncoder> {
  const session = await openSession(ort, model)
  const run = async (vectors: Float32Array): Promise<Float32Array> => {
    const history = new Float32Array(length * dim)
    history.set(vectors, history.length - vectors.length)
    const absent = new Float32Array(length).fill(ABSENT, 0, length - vectors.length / dim)
    const { query } = await session.run({
      history: new ort.Tensor('float32', history, [length, dim]),
      absent: new ort.Tensor('float32', absent, [1, 1, length]),
    })
    if (!(query?.data instanceof Float32Array) || query.data.length !== dim)
      throw new RecError('model-malformed', 'the encoder does not give one vector', { dim })
    return query.data.slice()
  }
  let tail: Promise<unknown> = Promise.resolve()
  return {
    encode: (vectors) => {
      const result = tail.then(() => run(vectors))
      tail = result.catch(() => undefined)
      return result
    },
    close: () => session.release(),
  }
}
