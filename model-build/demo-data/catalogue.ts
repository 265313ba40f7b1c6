import { createNormal, createRandom, type Random } from '../train/random.ts'
import { DEMO_CATEGORIES, DEMO_FIRST_NAMES, DEMO_LAST_NAMES, DEMO_PLACES, type DemoCategory } from './categories.ts'

const DAY_MS = 86_400_000

/** Items of one niche: what a taste is made of. */
const NICHE_ITEMS = 30

/** Share of story and record items that belong to a series. */
const SERIES_SHARE = 0.35

/** Share of items that appear in the last days, so that hardly anybody has seen them. */
const COLD_SHARE = 0.03
const COLD_DAYS = 4

/** An item of the generated shop. */
export type DemoItem = {
  readonly id: string
  readonly title: string
  readonly category: string
  readonly style: string
  readonly creator: string
  /** Name of the series, empty for none. */
  readonly series: string
  /** 1 for the first of its series, 0 without one. */
  readonly volume: number
  /** Major units, two decimals. */
  readonly price: number
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  readonly available: boolean
  /** Hidden: index of its niche. */
  readonly niche: number
  /** Hidden: how attractive it is, median 1. */
  readonly appeal: number
}

export type DemoCatalogueOptions = {
  readonly seed: number
  readonly items: number
  /** Milliseconds: the end of the log. */
  readonly endAtMs: number
  /** Days the log covers. */
  readonly days: number
}

/** Generates a catalogue: same options, same items. Niches are numbered densely from 0 and belong to one style of one category. */
export function generateCatalogue(options: DemoCatalogueOptions): DemoItem[] {
  const random = createRandom(options.seed)
  const normal = createNormal(random)
  const titles = new Set<string>()
  const styleCount = DEMO_CATEGORIES.length * 4
  const topics = Math.max(1, Math.round(options.items / styleCount / NICHE_ITEMS))
  const items: DemoItem[] = []
  const serials = new Map<string, number>()
  while (items.length < options.items) {
    const niche = Math.floor(random() * styleCount * topics)
    const category = DEMO_CATEGORIES[Math.floor(niche / topics / 4)]
    if (category === undefined) continue
    const run = seriesLength(category, random, options.items - items.length)
    const base = createBase(category, niche, Math.floor(niche / topics) % 4, random)
    const series = run > 1 ? seriesName(category, random) : ''
    const appeal = Math.exp(normal() * 1.1)
    const createdAt = drawCreated(options, random)
    const stepMs = random() * 20 * DAY_MS
    for (let volume = 1; volume <= run; volume++) {
      const serial = (serials.get(category.prefix) ?? 0) + 1
      serials.set(category.prefix, serial)
      items.push({
        ...base,
        id: `${category.prefix}-${String(serial).padStart(5, '0')}`,
        title: createTitle(category, series, volume, { random, titles }),
        series,
        volume: series === '' ? 0 : volume,
        price: Math.max(1, Math.round(category.price * Math.exp(normal() * 0.3)) - 0.05),
        createdAt: Math.min(options.endAtMs, createdAt + (volume - 1) * stepMs),
        available: random() > 0.01,
        // Fewer people reach later volumes.
        appeal: (appeal * Math.exp(normal() * 0.2)) / Math.sqrt(volume),
      })
    }
  }
  return items
}

function seriesLength(category: DemoCategory, random: Random, room: number): number {
  const isSerial = category.kind === 'story' || category.kind === 'record'
  // A series is drawn as often as leaves the wanted share of items in one.
  if (!isSerial || random() > SERIES_SHARE / 3) return 1
  return Math.min(room, 3 + Math.floor(random() * 4))
}

function createBase(
  category: DemoCategory,
  niche: number,
  style: number,
  random: Random,
): Pick<DemoItem, 'category' | 'style' | 'creator' | 'niche'> {
  // A niche has a few creators of its own.
  const local = createRandom(niche * 7919 + Math.floor(random() * 5))
  const creator = `${pick(DEMO_FIRST_NAMES, local)} ${pick(DEMO_LAST_NAMES, local)}`
  return { category: category.name, style: category.styles[style] ?? category.styles[0], creator, niche }
}

function drawCreated(options: DemoCatalogueOptions, random: Random): number {
  if (random() < COLD_SHARE) return options.endAtMs - random() * COLD_DAYS * DAY_MS
  // Two thirds are older than the log, up to three years; the rest appears while it runs.
  const age = random() < 0.67 ? options.days + random() * 1000 : COLD_DAYS + random() * (options.days - COLD_DAYS)
  return options.endAtMs - age * DAY_MS
}

function seriesName(category: DemoCategory, random: Random): string {
  const form = pick(
    category.kind === 'record' ? ['Tapes', 'Sessions', 'Suite'] : ['Cycle', 'Chronicles', 'Files', 'Tales', 'Quartet'],
    random,
  )
  return `${pick(DEMO_PLACES, random)} ${form}`
}

function createTitle(
  category: DemoCategory,
  series: string,
  volume: number,
  state: { random: Random; titles: Set<string> },
): string {
  const { random, titles } = state
  for (let attempt = 0; ; attempt++) {
    const plain = composeTitle(category, random)
    const number = attempt > 20 ? ` ${attempt - 19}` : ''
    const unit = category.kind === 'record' ? 'Vol.' : 'Book'
    const title = series === '' ? plain + number : `${plain}${number} (${series}, ${unit} ${volume})`
    if (titles.has(title)) continue
    titles.add(title)
    return title
  }
}

function composeTitle(category: DemoCategory, random: Random): string {
  const adjective = pick(category.adjectives, random)
  const noun = pick(category.nouns, random)
  const place = pick(DEMO_PLACES, random)
  const forms = {
    story: [
      `The ${adjective} ${noun}`,
      `${adjective} ${noun}`,
      `The ${noun} of ${place}`,
      `A ${noun} in ${place}`,
      `The ${adjective} ${noun} of ${place}`,
      `${place} and the ${adjective} ${noun}`,
    ],
    guide: [
      `${adjective} ${noun}`,
      `${noun} of ${place}`,
      `${adjective} ${noun} of ${place}`,
      `A Year of ${adjective} ${noun}`,
      `The Book of ${adjective} ${noun}`,
    ],
    object: [
      `${adjective} ${noun}`,
      `${place} ${noun}`,
      `${adjective} ${noun} "${place}"`,
      `${place} ${adjective} ${noun}`,
    ],
    record: [
      `${adjective} ${noun}`,
      `${noun} at ${place}`,
      `Live in ${place}: ${adjective} ${noun}`,
      `${adjective} ${noun} for ${place}`,
    ],
  }[category.kind]
  return pick(forms, random).replace(/\bA ([AEIO])/, 'An $1')
}

function pick<T>(values: readonly T[], random: Random): T {
  const value = values[Math.floor(random() * values.length)]
  if (value === undefined) throw new RangeError('nothing to pick from')
  return value
}
