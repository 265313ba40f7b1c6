import * as z from 'zod'
import { EVENT_TYPES, SCENES, type WireEvent } from '#contract/events'
import { isItemId, LIMITS } from '#contract/limits'

const HOUR_MS = 3_600_000

/** Also for names of lists, releases and arms: text of at most 128 bytes without control characters. */
const itemId = z.string().refine(isItemId).meta({ minLength: 1, maxLength: LIMITS.itemIdBytes })

/** 22 characters of base64url, drawn by the device each day. */
export const pseudonymSchema = z.string().regex(/^[\w-]{22}$/)

/** One event on the wire; an unknown key refuses it, so that nothing arrives that nobody consented to. */
export const eventSchema: z.ZodType<WireEvent> = z.strictObject({
  v: z.literal(1),
  type: z.enum(EVENT_TYPES),
  item: itemId,
  list: itemId.optional(),
  scene: z.enum(SCENES).optional(),
  position: z.int().min(0).max(10_000).optional(),
  context: itemId.optional(),
  release: itemId.optional(),
  arm: itemId.optional(),
  propensity: z.number().min(0).max(1).optional(),
  value: z.number().min(-1e12).max(1e12).optional(),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .optional(),
  at: z.int().multipleOf(HOUR_MS),
  pseudonym: pseudonymSchema,
})

/** The batch around the events, which are checked one by one. */
export const batchSchema = z.strictObject({
  v: z.literal(1),
  batch: z.string().regex(/^[\w-]{1,64}$/),
  events: z.array(z.unknown()).min(1).max(LIMITS.eventsPerBatch),
})
