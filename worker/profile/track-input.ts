import { RecError } from '#contract/errors'
import { type DeviceEvent, EVENT_TYPES, SCENES } from '#contract/events'
import { isItemId, LIMITS } from '#contract/limits'
import type { TrackInput } from '#contract/rpc'

const TEXT_CHARS = 128

/** What the worker adds to an event. */
export type Stamp = {
  readonly now: number
  readonly tzOffsetMin: number
  readonly release?: string
  readonly arm?: string
}

/** Makes a whole event of what a page says. @throws RecError `bad-request` naming the field, `too-large` */
export function stampEvents(inputs: readonly TrackInput[], stamp: Stamp): DeviceEvent[] {
  if (!Array.isArray(inputs)) throw bad('events')
  if (inputs.length > LIMITS.eventsPerBatch)
    throw new RecError('too-large', 'too many events in one call', { events: inputs.length })
  return inputs.map((input) => stampEvent(input, stamp))
}

function stampEvent(input: TrackInput, stamp: Stamp): DeviceEvent {
  checkTrackInput(input)
  const at = input.at ?? stamp.now
  return dropUndefined({
    v: 1,
    type: input.type,
    item: input.item,
    list: input.list,
    scene: input.scene,
    position: input.position,
    context: input.context,
    release: stamp.release,
    arm: stamp.arm,
    propensity: input.propensity,
    value: input.value,
    currency: input.currency,
    at,
    tzOffsetMin: input.tzOffsetMin ?? stamp.tzOffsetMin,
  })
}

/** Reads an event of an exported profile. @throws RecError `bad-request` */
export function parseDeviceEvent(value: unknown): DeviceEvent {
  if (typeof value !== 'object' || value === null) throw bad('event')
  const event = value as DeviceEvent // every field is checked below
  if (event.v !== 1) throw bad('v')
  checkTrackInput(event)
  if (!Number.isFinite(event.at)) throw bad('at')
  if (!isShortText(event.release)) throw bad('release')
  if (!isShortText(event.arm)) throw bad('arm')
  const { v, type, item, list, scene, position, context, release, arm, propensity, currency, at, tzOffsetMin } = event
  const rest = { list, scene, position, context, release, arm, propensity, value: event.value, currency, tzOffsetMin }
  return dropUndefined({ v, type, item, at, ...rest })
}

function checkTrackInput(input: TrackInput): void {
  if (typeof input !== 'object' || input === null) throw bad('event')
  if (!EVENT_TYPES.includes(input.type)) throw bad('type')
  if (!isItemId(input.item)) throw bad('item')
  if (input.context !== undefined && !isItemId(input.context)) throw bad('context')
  if (input.scene !== undefined && !SCENES.includes(input.scene)) throw bad('scene')
  if (!isShortText(input.list)) throw bad('list')
  if (!isShortText(input.currency)) throw bad('currency')
  if (!isWithin(input.position, 0, 10_000)) throw bad('position')
  if (!isWithin(input.propensity, 0, 1)) throw bad('propensity')
  if (!isWithin(input.value, -1e12, 1e12)) throw bad('value')
  if (!isWithin(input.at, 0, 8.64e15)) throw bad('at')
  if (!isWithin(input.tzOffsetMin, -1_440, 1_440)) throw bad('tzOffsetMin')
}

function isShortText(value: unknown): boolean {
  return value === undefined || (typeof value === 'string' && value.length <= TEXT_CHARS)
}

function isWithin(value: unknown, from: number, to: number): boolean {
  return value === undefined || (typeof value === 'number' && value >= from && value <= to)
}

/** Absent fields stay absent: `undefined` would travel as a key. */
function dropUndefined(event: { [Field in keyof DeviceEvent]: DeviceEvent[Field] | undefined }): DeviceEvent {
  return Object.fromEntries(Object.entries(event).filter(([, value]) => value !== undefined)) as DeviceEvent // v, type, item and at are set
}

function bad(field: string): RecError {
  return new RecError('bad-request', `an event has a wrong ${field}`, { field })
}
