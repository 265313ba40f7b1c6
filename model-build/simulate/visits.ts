import type { FeedbackPart } from '#contract/feedback/learning'
import { type Lesson, openLesson } from '#worker/core/feedback/lesson'
import type { FeedbackNote } from '#worker/core/feedback/notes'
import type { Model } from '#worker/core/model'
import type { Ranker } from '#worker/core/ranker'
import { recommend, type Trace } from '#worker/core/recommend'
import { createVisitReader } from '../device/visits.ts'
import { splitHistory } from '../rank/split-history.ts'
import { type Random, randomOf } from '../train/random.ts'
import type { World } from './world.ts'

/** What one visit tells the device's feedback, without its time: a list was shown, and things were taken. */
export type VisitNotes = (at: number, key: string) => readonly FeedbackNote[]

/** Places of a list that visitors see. */
const SHOWN = 12

export type PlayParts = {
  readonly world: World
  readonly itemNos: Uint32Array
  readonly model: Model
  readonly ranker: Ranker
  readonly part: FeedbackPart
  readonly heldShare: number
  /** Differs for each visit of a user. */
  readonly seed: number
}

/** One visit of a device user: the list that the release really recommends to a part of the history, and the rest of it. */
export type OpenVisit = {
  readonly lesson: Lesson
  /** Rows of the catalogue that the list was chosen from. */
  readonly rows: Int32Array
  /** itemNos of the list, best first. */
  readonly shown: readonly number[]
  /** itemNos of what was not known. */
  readonly rest: readonly number[]
  readonly random: Random
}

/** Lets every device user open one list of `count` places. */
export async function* openVisits(parts: PlayParts, count: number): AsyncGenerator<OpenVisit> {
  const { world, model, ranker, itemNos, part } = parts
  const log = world.dataset.interactions
  const read = createVisitReader(model, log, itemNos)
  for (const user of world.deviceUsers) {
    const random = randomOf(parts.seed, user)
    const split = splitHistory(log, user, { heldShare: parts.heldShare, random })
    if (split === null) continue
    const opened: Pick<OpenVisit, 'lesson' | 'rows'>[] = []
    const query = { ...read({ known: split.known, at: Number.NaN }), count, rules: null }
    const trace = (list: Trace): void => {
      opened.push({ lesson: openLesson(model, list, part.calibration), rows: list.set.rows })
    }
    const { items } = await recommend(model, ranker, query, { rng: random, nowMs: () => 0, trace })
    const shown = items.map(({ itemNo }) => itemNo)
    const rest = Array.from(split.held, (row) => itemNos[log.item[row]])
    for (const visit of opened) yield { ...visit, shown, rest, random }
  }
}

/** Lets every device user visit once; the visitor takes the rest of the history, as far as the list was chosen from it. Replicas of a user replay the same visit. */
export async function playVisits(parts: PlayParts): Promise<readonly VisitNotes[]> {
  const visits: VisitNotes[] = []
  for await (const visit of openVisits(parts, SHOWN)) visits.push(notesOf(visit))
  return visits
}

function notesOf({ lesson, shown, rest, random }: OpenVisit): VisitNotes {
  const sample = { position: Math.floor(random() * shown.length), isClicked: false }
  const takes = rest.flatMap((itemNo) => {
    const take = lesson.take(itemNo)
    const place = shown.indexOf(itemNo)
    return take === null ? [] : [{ take, position: place < 0 ? null : place }]
  })
  return (at, key) => [
    { type: 'shown', key, material: { ...lesson.empty, at, sample } },
    ...takes.map((take): FeedbackNote => ({ type: 'taken', key, ...take })),
  ]
}
