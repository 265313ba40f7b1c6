import { openCrew } from '../crew/crew.ts'
import { shareParts } from '../crew/shared-parts.ts'
import { startOf } from '../fit/fit-models.ts'
import { type MadeRelease, type MakeReleaseParts, makeRelease } from '../pipeline/make-release.ts'
import { ask, type Desk, meanNdcg, sample } from './desk.ts'
import type { MinSupportPoint } from './judgement.ts'

/**
 * What it costs to ship only pairs backed by so many people: the item-to-item lists and the evidence of items are made again for other values of
 * minSupport, ranker, second space and settings stay. The configured value is the judged release itself.
 */
export async function minSupportCurve(
  desk: Desk,
  judged: MadeRelease,
  parts: Omit<MakeReleaseParts, 'warm'> & { readonly minSupports: readonly number[] },
): Promise<MinSupportPoint[]> {
  const users = sample(desk)
  const { minSupport: own } = parts.pipeline.models
  const lists = users.map((user) => desk.lists[user])
  const points = [pointOf(own, judged, meanNdcg(desk, users, lists))]
  for (const minSupport of parts.minSupports) {
    if (minSupport === own) continue
    const models = { ...parts.pipeline.models, minSupport }
    const { contentRidge, second: secondModel } = judged.models
    const warm = { start: startOf(judged.models), sweeps: 1, contentRidge, secondModel }
    const release = await makeRelease(desk.dataset, { ...parts, pipeline: { ...parts.pipeline, models }, warm })
    const { manifest, objects, itemNos } = release
    const shared = shareParts({ manifest, objects: objects.entries(), log: desk.log, itemNos })
    const crew = await openCrew(shared, { graphs: true, ranker: true, asked: users.length })
    const answers = await ask({ ...desk, respondent: crew }, users, {
      count: desk.k,
      rules: null,
      withCandidates: false,
    })
    await crew.close()
    points.push(
      pointOf(
        minSupport,
        release,
        meanNdcg(
          desk,
          users,
          answers.map(({ items }) => items),
        ),
      ),
    )
  }
  return points.sort((a, b) => a.minSupport - b.minSupport)
}

function pointOf(minSupport: number, { models }: MadeRelease, ndcg: number): MinSupportPoint {
  const { voters, hasEvidence } = models
  return { minSupport, ndcg, pairs: voters.source.length, items: hasEvidence.reduce((sum, has) => sum + has, 0) }
}
