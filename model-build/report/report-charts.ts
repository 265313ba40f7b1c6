import type { ItemGroup } from '../evaluate/groups.ts'
import type { Judgement } from '../evaluate/judgement.ts'
import type { RankerModel } from '../rank/ranker-model.ts'
import type { BuildOutcome } from '../steps/build-summary.ts'
import type { Chart } from './charts.ts'
import type { ReportExtras } from './report-data.ts'

const number = (value: number | null): number => (value === null || !Number.isFinite(value) ? 0 : value)

/** Plots of how good the lists are, in the order of the page; those without numbers are left out. */
export function judgementCharts(judgement: Judgement): Chart[] {
  return [
    methodsChart(judgement),
    activityChart(judgement),
    historyChart(judgement),
    fairnessChart('By category', judgement.groups.category),
    fairnessChart('By age of the item', judgement.groups.itemAge),
    fairnessChart('By popularity of the item', judgement.groups.itemPopularity),
    channelsChart(judgement),
    diversityChart(judgement),
    minSupportChart(judgement),
    calibrationChart(judgement),
  ].filter((chart) => chart !== null)
}

/** Plots of how the release was made. */
export function makingCharts({ judged, steps }: BuildOutcome, { features, bytes }: ReportExtras): Chart[] {
  return [
    recencyChart(judged.pipeline.recency.tried),
    featuresChart(features, judged.pipeline.ranker?.model.kind ?? 'trees'),
    bytesChart(bytes),
    stepsChart(steps),
  ].filter((chart) => chart !== null)
}

function methodsChart({ k, model, popularity, random }: Judgement): Chart {
  const names = ['ndcg', 'recall', 'hit-rate', 'map']
  const values = (of: typeof model) => names.map((name) => number(of.metrics[`${name}@${k}`] ?? 0))
  return {
    title: `Found on held-out rows, lists of ${k}`,
    caption: 'Means over the judged users; the table above has their 95 % intervals.',
    kind: 'bar',
    categories: ['NDCG', 'recall', 'hit rate', 'MAP'],
    axis: 'mean over users',
    series: [
      { name: 'this release', values: values(model) },
      { name: 'popularity', values: values(popularity) },
      { name: 'random', values: values(random) },
    ],
  }
}

function activityChart({ k, groups }: Judgement): Chart {
  return {
    title: 'By how much is known of a user',
    caption: 'Users in thirds by the rows known of them; a release that serves only the active shows here.',
    kind: 'bar',
    categories: groups.activity.map(({ name }) => name),
    axis: 'mean over users',
    series: [
      { name: `NDCG@${k}`, values: groups.activity.map(({ ndcg }) => number(ndcg)) },
      { name: `recall@${k}`, values: groups.activity.map(({ recall }) => number(recall)) },
    ],
  }
}

function historyChart({ k, historyLength }: Judgement): Chart | null {
  if (historyLength.length === 0) return null
  return {
    title: 'From the first click on',
    caption: `The same ${historyLength[0]?.users ?? 0} users with all but their latest items forgotten.`,
    kind: 'line',
    categories: historyLength.map(({ length }) => String(length)),
    across: 'items known',
    axis: `NDCG@${k}`,
    series: [
      { name: 'this release', values: historyLength.map(({ ndcg }) => ndcg) },
      { name: 'popularity', values: historyLength.map(({ popularity }) => popularity) },
    ],
  }
}

function fairnessChart(title: string, groups: readonly ItemGroup[]): Chart | null {
  if (groups.length === 0) return null
  return {
    title: `${title}: shown against taken`,
    caption: 'Share of the places in lists beside the share of what people took; equal bars are fair.',
    kind: 'rows',
    categories: groups.map(({ name }) => (name.length > 26 ? `${name.slice(0, 25)}…` : name)),
    axis: '% of all',
    series: [
      { name: 'shown', values: groups.map(({ exposure }) => 100 * exposure) },
      { name: 'taken', values: groups.map(({ taken }) => 100 * taken) },
    ],
  }
}

function channelsChart({ retrieval }: Judgement): Chart | null {
  if (retrieval === null) return null
  return {
    title: 'What each channel contributes',
    caption: `Channels overlap. Candidates hold ${(100 * retrieval.recall).toFixed(1)} % of what people took (mean of ${Math.round(retrieval.candidates)} candidates): no ranker can find more.`,
    kind: 'rows',
    categories: retrieval.channels.map(({ name }) => name),
    axis: '%',
    series: [
      { name: 'of shown places', values: retrieval.channels.map(({ shown }) => 100 * shown) },
      { name: 'of hits', values: retrieval.channels.map(({ hits }) => 100 * hits) },
      { name: 'of hits, found by it alone', values: retrieval.channels.map(({ onlyHits }) => 100 * onlyHits) },
    ],
  }
}

function diversityChart({ k, diversity }: Judgement): Chart | null {
  if (diversity.length === 0) return null
  return {
    title: 'What diversity costs',
    caption: `The diversity rule (MMR) at strengths ${diversity.map((point) => point.diversity).join(', ')}, from left to right.`,
    kind: 'curve',
    categories: [],
    across: 'mean distance between items of a list (1 - cosine)',
    axis: `NDCG@${k}`,
    series: [
      {
        name: 'MMR',
        values: diversity.map(({ ndcg }) => ndcg),
        at: diversity.map(({ listDiversity }) => listDiversity),
      },
    ],
  }
}

function minSupportChart({ k, minSupport }: Judgement): Chart | null {
  if (minSupport.length < 2) return null
  return {
    title: 'What minSupport costs',
    caption: 'NDCG with only pairs and items that so many people stand behind; ranker and settings stay.',
    kind: 'line',
    categories: minSupport.map((point) => String(point.minSupport)),
    across: 'release.minSupport, people',
    axis: `NDCG@${k}`,
    series: [{ name: 'NDCG', values: minSupport.map(({ ndcg }) => ndcg) }],
  }
}

function calibrationChart({ calibration }: Judgement): Chart | null {
  if (calibration === null) return null
  const at = calibration.bins.map(({ predicted }) => 100 * predicted)
  return {
    title: 'Are scores worth their probability?',
    caption: `Scores turned into chances on one half of the users, judged on the other: mean error ${(100 * calibration.error).toFixed(2)} points, log loss ${calibration.logLoss.toFixed(4)} against ${calibration.baseLogLoss.toFixed(4)} of the mean alone.`,
    kind: 'curve',
    categories: [],
    across: 'predicted chance that a shown item is taken, %',
    axis: 'observed, %',
    series: [
      { name: 'observed', values: calibration.bins.map(({ observed }) => 100 * observed), at },
      { name: 'perfect', values: at, at },
    ],
  }
}

function recencyChart(tried: BuildOutcome['judged']['pipeline']['recency']['tried']): Chart | null {
  if (tried.length === 0) return null
  return {
    title: 'How fast a history should fade',
    caption:
      'NDCG@20 of each channel alone on validation users; 1 weighs all items alike, 0.79 halves the weight every three items.',
    kind: 'line',
    categories: tried.map(({ ratio }) => String(ratio)),
    across: 'weight of an item over the next later one',
    axis: 'NDCG@20',
    series: [
      { name: 'user vector', values: tried.map(({ dot }) => dot) },
      { name: 'votes', values: tried.map(({ votes }) => votes) },
    ],
  }
}

const MODEL_USE = { trees: 'of the splits of the trees', dcn: 'of the first weights of the network' } as const

/** Features shown. */
const MOST_FEATURES = 15

function featuresChart(features: ReportExtras['features'], kind: RankerModel['kind']): Chart | null {
  if (features.length === 0) return null
  const top = features.slice(0, MOST_FEATURES)
  return {
    title: 'What the ranker looks at',
    caption: `The ${top.length} features used most, of ${features.length} that are used at all.`,
    kind: 'rows',
    categories: top.map(({ name }) => name),
    axis: '%',
    series: [
      { name: MODEL_USE[kind], values: top.map(({ model }) => 100 * model) },
      { name: 'of the linear head', values: top.map(({ head }) => 100 * head) },
    ],
  }
}

function bytesChart(bytes: ReportExtras['bytes']): Chart {
  return {
    title: 'Bytes before compression',
    caption: 'A device fetches what fits its tier, head first; cards are texts, the rest is numbers.',
    kind: 'rows',
    categories: bytes.map(({ name }) => name),
    axis: 'kB',
    series: [{ name: 'size', values: bytes.map((section) => section.bytes / 1000) }],
  }
}

function stepsChart(steps: BuildOutcome['steps']): Chart | null {
  if (steps.length === 0) return null
  return {
    title: 'Where the time went',
    caption: `Most memory held at once: ${Math.max(...steps.map(({ peakRssMb }) => peakRssMb))} MB.`,
    kind: 'rows',
    categories: steps.map(({ name }) => name),
    axis: 'seconds',
    series: [
      { name: 'clock', values: steps.map(({ wallMs }) => wallMs / 1000) },
      { name: 'processor, all threads', values: steps.map(({ cpuMs }) => cpuMs / 1000) },
    ],
  }
}
