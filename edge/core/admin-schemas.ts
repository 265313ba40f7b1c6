import * as z from 'zod'
import { RecError } from '#contract/errors'
import { isHash, isSiteName } from '#contract/limits'
import { parseSignedPointer, type SignedPointer, type StepName } from '#contract/pointer'
import type { SavedPublication } from './backup.ts'
import { type Pointers, STEP_NAMES } from './channel.ts'
import { EDGE_LIMITS } from './edge-limits.ts'
import type { Publication } from './releases.ts'
import { describeIssues } from './sites.ts'

/** Of sites and channels, as `isSiteName` checks it. */
export const NAME_PATTERN = '^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$'

const hash = z.string().refine(isHash, 'not a SHA-256 in lower-case hex').meta({ pattern: '^[0-9a-f]{64}$' })
const step = z.enum(STEP_NAMES)
const publication = z
  .int()
  .min(1)
  .max(2 ** 36)

export const publicationSchema = z.strictObject({
  channel: z.string().refine(isSiteName, 'not a channel name').meta({ pattern: NAME_PATTERN }),
  publication,
  objects: z.array(hash).min(1).max(EDGE_LIMITS.objectsPerPublication),
  pointers: z.record(z.string(), z.unknown()),
  activate: step,
})

/** Why somebody moved a channel: a line of text for the audit log. */
const reason = z
  .string()
  .min(1)
  .max(EDGE_LIMITS.reasonChars)
  .regex(/^\P{Cc}*$/u, 'a line of text')

export const stepSchema = z.strictObject({ step, publication: publication.optional(), reason: reason.optional() })

export const missingSchema = z.strictObject({ hashes: z.array(hash).max(EDGE_LIMITS.objectsPerPublication) })

export const savedPublicationSchema = publicationSchema.extend({ at: z.iso.datetime() })

export const backupSchema = z.strictObject({
  v: z.literal(1),
  publications: z.array(savedPublicationSchema).max(EDGE_LIMITS.backupPublications),
  audit: z.array(z.unknown()).optional(),
})

/** Checks a value against a schema. @throws RecError `bad-request`, naming fields and never values. */
export function parseWith<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw new RecError('bad-request', describeIssues(parsed.error))
  return parsed.data
}

/** @throws RecError `bad-request`, `pointer-malformed` */
export function parsePublication(value: unknown): Publication {
  return withPointers(parseWith(publicationSchema, value))
}

/** The publications of a backup. @throws RecError `bad-request`, `pointer-malformed` */
export function parseBackup(value: unknown): readonly SavedPublication[] {
  return parseWith(backupSchema, value).publications.map(({ at, ...rest }) => ({ ...withPointers(rest), at }))
}

function withPointers(parsed: z.output<typeof publicationSchema>): Publication {
  const { pointers, ...rest } = parsed
  const read: Partial<Record<StepName, SignedPointer>> = {}
  for (const name of Object.keys(pointers)) {
    const known = STEP_NAMES.find((candidate) => candidate === name)
    if (known === undefined)
      throw new RecError('bad-request', `pointers: not a step; steps are ${STEP_NAMES.join(', ')}`)
    read[known] = parseSignedPointer(pointers[name])
  }
  return { ...rest, objects: [...new Set(rest.objects)], pointers: read satisfies Pointers }
}
