import { RecError } from '#contract/errors'
import { FEATURE_COUNT } from '#contract/features'
import { type OrtModule, openSession } from './onnx-session.ts'
import type { Ranker } from './ranker.ts'

/** A ranker with a session to give back. */
export type OnnxRanker = Ranker & { close(): Promise<void> }

/**
 * Opens an ONNX model once and scores each request as one batch. Calls wait for each other, since a session runs one at a time.
 * @param model - The model's bytes: one float input [n, FEATURE_COUNT], first float output with n values.
 * @throws RecError `model-malformed` when the runtime refuses the model.
 */
export async function createOnnxRanker(ort: OrtModule, model: Uint8Array): Promise<OnnxRanker> {
  const session = await openSession(ort, model)
  const [input] = session.inputNames
  const [output] = session.outputNames
  if (input === undefined || output === undefined)
    throw new RecError('model-malformed', 'the model has no input or output')
  const run = async (rows: Float32Array, count: number): Promise<Float32Array> => {
    if (count === 0) return new Float32Array(0)
    const results = await session.run({ [input]: new ort.Tensor('float32', rows, [count, FEATURE_COUNT]) })
    const data = results[output]?.data
    if (!(data instanceof Float32Array) || data.length !== count)
      throw new RecError('model-malformed', 'the model does not give one score a row', { count })
    return data.slice()
  }
  let tail: Promise<unknown> = Promise.resolve()
  return {
    name: 'onnx',
    score: (rows, count) => {
      const result = tail.then(() => run(rows, count))
      tail = result.catch(() => undefined)
      return result
    },
    close: () => session.release(),
  }
}
