/** What a visitor did, in the order of increasing commitment, then opinions. */
export const EVENT_TYPES = [
  'impression',
  'view',
  'click',
  'cart',
  'purchase',
  'favorite',
  'like',
  'dislike',
  'hide',
] as const

export type EventType = (typeof EVENT_TYPES)[number]

/**
 * How much an event says for its item in a history: 0 says nothing, negative removes the item from lists.
 * The build uses the same table unless its config says otherwise.
 */
export const EVENT_WEIGHTS: Readonly<Record<EventType, number>> = {
  impression: 0,
  view: 1,
  click: 1,
  cart: 3,
  purchase: 5,
  favorite: 3,
  like: 3,
  dislike: -1,
  hide: -1,
}

/** The scenes a list can be asked for. */
export const SCENES = [
  'for-you',
  'similar',
  'because-you',
  'bought-together',
  'trending',
  'fresh',
  'recently-viewed',
  'rerank',
] as const

export type Scene = (typeof SCENES)[number]

/** One event as the device keeps it. */
export type DeviceEvent = {
  readonly v: 1
  readonly type: EventType
  readonly item: string
  /** Id of the answered list the event belongs to, made on the device. */
  readonly list?: string
  readonly scene?: Scene
  /** Position in that list, from 0. */
  readonly position?: number
  /** Item the page was about. */
  readonly context?: string
  /** Release that answered. */
  readonly release?: string
  /** Arm of an experiment, or `main`/`canary`. */
  readonly arm?: string
  /** Chance that this item was shown at this place, 0…1, when exploration had a part. */
  readonly propensity?: number
  readonly value?: number
  readonly currency?: string
  /** Milliseconds since the epoch, UTC. */
  readonly at: number
  readonly tzOffsetMin?: number
}

/** An event on the wire (first-party mode only): `at` cut to the hour, no zone, a day-scoped pseudonym added. */
export type WireEvent = Omit<DeviceEvent, 'tzOffsetMin'> & {
  /** 22 characters of base64url, drawn anew each 24 hours. */
  readonly pseudonym: string
}

/** A batch of events; sending it again with the same id changes nothing. */
export type EventBatch = {
  readonly v: 1
  /** 1…64 characters of A-Z a-z 0-9 _ -, drawn at random by the sender. */
  readonly batch: string
  readonly events: readonly WireEvent[]
}

/** The edge's answer to a batch. `refused` names each event by its index. */
export type BatchReceipt = {
  readonly v: 1
  readonly batch: string
  readonly status: 'stored' | 'duplicate'
  readonly accepted: number
  readonly refused: readonly { readonly index: number; readonly reason: string }[]
}

const HOUR_MS = 3_600_000

/** All that may leave the device of an event besides its hour and the pseudonym. */
const WIRE_FIELDS = [
  'v',
  'type',
  'item',
  'list',
  'scene',
  'position',
  'context',
  'release',
  'arm',
  'propensity',
  'value',
  'currency',
] as const satisfies readonly (keyof WireEvent)[]

/**
 * Takes from an event what may leave the device, by name, so that nothing a page added to it goes along, and cuts its time
 * to the hour.
 */
export function toWireEvent(event: DeviceEvent, pseudonym: string): WireEvent {
  const known = WIRE_FIELDS.flatMap((field) => (event[field] === undefined ? [] : [[field, event[field]]]))
  const at = Math.floor(event.at / HOUR_MS) * HOUR_MS
  return { ...Object.fromEntries(known), at, pseudonym } as WireEvent // the fields of a DeviceEvent, each as it was
}
