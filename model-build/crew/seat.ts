import type { RuleDefaults } from '#contract/manifest'
import { findCandidates } from '#worker/core/candidates'
import { channelBit } from '#worker/core/channels'
import { encodeHistory, type SequenceEncoder } from '#worker/core/encoder/sequence-encoder'
import type { Model } from '#worker/core/model'
import type { Ranker } from '#worker/core/ranker'
import { recommend } from '#worker/core/recommend'
import { withGraphs } from '../device/graph-engines.ts'
import { openEncoder } from '../device/open-encoder.ts'
import { openRanker } from '../device/open-ranker.ts'
import { loadModel } from '../device/resident-model.ts'
import { createVisitReader, type Visit, type VisitReader } from '../device/visits.ts'
import { type CollectOptions, collectGroups } from '../rank/collect-groups.ts'
import type { TrainingGroup } from '../rank/training-group.ts'
import { readShared, type SharedParts } from './shared-parts.ts'

/** Which engines a seat opens. */
export type SeatOptions = {
  /** HNSW over complete groups, as browsers search; else the exact scan alone. */
  readonly graphs: boolean
  /** The release's ranker (of trees, bit for bit what ONNX Runtime scores); else lists are in the order of the blend. */
  readonly ranker: boolean
}

/** How visits are answered. */
export type AnswerOptions = {
  readonly count: number
  /** null switches all rules off. */
  readonly rules: Partial<RuleDefaults> | null
  /** Also hands out everything that retrieval found. */
  readonly withCandidates: boolean
  /** Ranks these items alone (indices of the dataset) in place of what retrieval finds. */
  readonly given?: Int32Array | undefined
}

/** One answered visit, items as indices of the dataset, best first. */
export type Answer = {
  readonly items: Int32Array
  /** For each place the `channelBit`s of the channels that found it. */
  readonly channels: Uint8Array
  /** The ranker's score of each place, before rules. */
  readonly scores: Float32Array
  /** Unordered; null unless asked for. */
  readonly candidates: Int32Array | null
}

/** What training lists are made of, users apart. */
export type GroupOptions = Omit<CollectOptions, 'users' | 'itemNos' | 'encoder' | 'gains' | 'onProgress'>

/** A device of the desktop tier that answers for users of a log, on the calling thread. */
export type Seat = {
  groups(users: Int32Array, options: GroupOptions): Promise<TrainingGroup[]>
  answers(visits: readonly Visit[], options: AnswerOptions): Promise<Answer[]>
  close(): Promise<void>
}

/** Loads a release as a desktop-tier device does: its published bytes and the worker's code. */
export async function openSeat(parts: SharedParts, options: SeatOptions): Promise<Seat> {
  const objects = readShared(parts)
  const scanned = loadModel(parts.manifest, objects)
  const model = options.graphs ? withGraphs(scanned, objects) : scanned
  const ranker = options.ranker ? await openRanker(model, objects) : null
  const encoder = await openEncoder(parts.manifest, objects)
  const { itemNos, log, gains } = parts
  const desk = {
    model,
    ranker,
    encoder,
    itemNos,
    read: createVisitReader(model, log, itemNos),
    indexOf: invert(itemNos),
  }
  return {
    groups: (users, asked) => collectGroups(model, log, { ...asked, encoder, users, itemNos, gains }),
    answers: async (visits, asked) => {
      const answers: Answer[] = []
      for (const visit of visits) answers.push(await answer(desk, visit, asked))
      return answers
    },
    close: async () => {
      for (const engine of model.retrievers) engine.close()
      await encoder?.close()
      await ranker?.close?.()
    },
  }
}

type Desk = {
  readonly model: Model
  readonly ranker: Ranker | null
  readonly encoder: SequenceEncoder | null
  readonly read: VisitReader
  readonly indexOf: Int32Array
  readonly itemNos: Uint32Array
}

async function answer(desk: Desk, visit: Visit, asked: AnswerOptions): Promise<Answer> {
  const { model, ranker, encoder, read, indexOf, itemNos } = desk
  const { count, rules, withCandidates } = asked
  const given = asked.given?.map((item) => model.catalogue.rowOf(itemNos[item])).filter((row) => row >= 0)
  const rerank = given === undefined ? {} : ({ scene: 'rerank', given } as const)
  const query = { ...read(visit), ...rerank, count, rules }
  const { items } = await recommend(model, ranker, query, { rng: () => 0.5, nowMs: () => 0, encoder })
  return {
    items: Int32Array.from(items, ({ itemNo }) => indexOf[itemNo]),
    channels: Uint8Array.from(items, ({ channels }) =>
      channels.reduce((bits, channel) => bits | channelBit(channel), 0),
    ),
    scores: Float32Array.from(items, ({ score }) => score),
    candidates: withCandidates
      ? findCandidates(model, { ...query, sequence: await encodeHistory(model, encoder, query) }).rows.map(
          (row) => indexOf[model.catalogue.itemNoOf[row]],
        )
      : null,
  }
}

function invert(itemNos: Uint32Array): Int32Array {
  const indexOf = new Int32Array(itemNos.reduce((most, itemNo) => Math.max(most, itemNo), 0) + 1).fill(-1)
  itemNos.forEach((itemNo, index) => {
    indexOf[itemNo] = index
  })
  return indexOf
}
