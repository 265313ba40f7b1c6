import * as z from 'zod'
import { ERROR_CODES } from '#contract/errors'
import { LIMITS } from '#contract/limits'
import { missingSchema, NAME_PATTERN, publicationSchema, savedPublicationSchema, stepSchema } from './admin-schemas.ts'
import { STEP_NAMES } from './channel.ts'
import { EDGE_LIMITS } from './edge-limits.ts'
import { batchSchema, eventSchema } from './event-schema.ts'
import { type Operation, operation, type Parameter, type Schema } from './openapi-parts.ts'

const HASH_PATTERN = '^[0-9a-f]{64}$'

const site: Parameter = { name: 'site', in: 'path', schema: { type: 'string', pattern: NAME_PATTERN } }
const channel: Parameter = { name: 'name', in: 'path', schema: { type: 'string', pattern: NAME_PATTERN } }
const hash: Parameter = { name: 'sha256', in: 'path', schema: { type: 'string', pattern: HASH_PATTERN } }
const cursor: Parameter = { name: 'cursor', in: 'query', schema: { type: 'integer', minimum: 0, default: 0 } }
const limit = (maximum: number): Parameter => ({
  name: 'limit',
  in: 'query',
  schema: { type: 'integer', minimum: 0, maximum },
})

const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` })
const v1: Schema = { const: 1 }

const jsonSchemaOf = (schema: z.ZodType): Schema => {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { unrepresentable: 'any', io: 'input' })
  return rest
}

const object = (properties: Readonly<Record<string, Schema>>, required = Object.keys(properties)): Schema => ({
  type: 'object',
  properties,
  required,
})
const list = (items: Schema): Schema => ({ type: 'array', items })
const count: Schema = { type: 'integer', minimum: 0 }
const text: Schema = { type: 'string' }
const detail: Schema = { type: 'object', additionalProperties: { type: ['string', 'number', 'boolean'] } }
const step: Schema = { enum: [...STEP_NAMES] }

function schemas(): Readonly<Record<string, Schema>> {
  const publication = jsonSchemaOf(publicationSchema)
  const pointers = {
    type: 'object',
    properties: Object.fromEntries(STEP_NAMES.map((step) => [step, ref('SignedPointer')])),
    additionalProperties: false,
  }
  return {
    Error: object({
      error: object({ v: v1, code: { enum: Object.keys(ERROR_CODES) }, message: text, detail }),
    }),
    SignedPointer: object({
      v: v1,
      site: { type: 'string', pattern: NAME_PATTERN },
      channel: { type: 'string', pattern: NAME_PATTERN },
      sequence: { type: 'integer', minimum: 65_536 },
      manifest: { type: 'string', pattern: HASH_PATTERN },
      canary: {
        anyOf: [
          { type: 'null' },
          object({
            manifest: { type: 'string', pattern: HASH_PATTERN },
            share: { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 1 },
          }),
        ],
      },
      issuedAt: { type: 'string', format: 'date-time' },
      keyId: { type: 'string', minLength: 8, maxLength: 8 },
      signature: { type: 'string', pattern: '^[\\w-]{86}$' },
    }),
    Event: jsonSchemaOf(eventSchema),
    EventBatch: withProperty(jsonSchemaOf(batchSchema), 'events', {
      type: 'array',
      items: ref('Event'),
      minItems: 1,
      maxItems: LIMITS.eventsPerBatch,
    }),
    BatchReceipt: object({
      v: v1,
      batch: text,
      status: { enum: ['stored', 'duplicate'] },
      accepted: count,
      refused: list(object({ index: count, reason: text })),
    }),
    Publication: withProperty(publication, 'pointers', pointers),
    SavedPublication: withProperty(jsonSchemaOf(savedPublicationSchema), 'pointers', pointers),
    Backup: object({ v: v1, publications: list(ref('SavedPublication')), audit: list(ref('AuditEntry')) }, [
      'v',
      'publications',
    ]),
    Step: jsonSchemaOf(stepSchema),
    Hashes: jsonSchemaOf(missingSchema),
    Channel: object({ channel: text, v: v1, publication: count, live: step, sequence: count }),
    Release: object({
      v: v1,
      channel: text,
      publication: count,
      at: { type: 'string', format: 'date-time' },
      manifest: { type: 'string', pattern: HASH_PATTERN },
      objects: count,
      steps: list(step),
    }),
    AuditEntry: object({
      position: count,
      at: { type: 'string', format: 'date-time' },
      action: text,
      fields: { type: 'object', additionalProperties: { type: ['string', 'number'] } },
    }),
    Sum: object({
      plan: { type: 'string', pattern: HASH_PATTERN },
      epoch: count,
      qid: count,
      stripe: count,
      count,
      sum: list({ type: 'number' }),
    }),
    FallbackList: object({
      v: v1,
      scene: { enum: ['popular', 'trending', 'fresh'] },
      release: text,
      currency: text,
      items: list(
        object({
          id: text,
          title: text,
          url: text,
          image: text,
          category: { type: ['string', 'null'] },
          price: { type: ['number', 'null'] },
        }),
      ),
    }),
  }
}

function withProperty(schema: Schema, name: string, property: Schema): Schema {
  return { ...schema, properties: { ...(schema.properties as Record<string, Schema>), [name]: property } } // of a strictObject
}

const bytes: Schema = { type: 'string', format: 'binary' }
const answer = (properties: Readonly<Record<string, Schema>>): Schema => object({ v: v1, ...properties })

function visitorPaths(): Readonly<Record<string, Record<string, Operation>>> {
  return {
    '/v1/sites/{site}/channels/{name}': {
      get: operation('pointer', 'The signed pointer of a channel', {
        parameters: [site, channel],
        json: ref('SignedPointer'),
        others: [304],
        codes: ['not-found', 'release-missing'],
      }),
    },
    '/v1/sites/{site}/objects/{sha256}': {
      get: operation('object', 'An immutable object; br, gzip or identity by Accept-Encoding, ranges of identity', {
        parameters: [site, hash],
        bytes,
        others: [206, 304, 416],
        codes: ['not-found', 'object-missing'],
      }),
      put: operation('upload', 'Store an object under its SHA-256; 201 when it is new', {
        scope: 'publish',
        parameters: [site, hash],
        request: { 'application/octet-stream': bytes },
        json: answer({ status: { enum: ['stored', 'present'] } }),
        others: [201],
        codes: ['bad-request', 'too-large', 'hash-mismatch', 'store-full', 'object-missing'],
      }),
    },
    '/v1/sites/{site}/fallback/{scene}': {
      get: operation('fallback', 'The list that needs no history, for pages made on a server', {
        parameters: [
          site,
          { name: 'scene', in: 'path', schema: { type: 'string' } },
          { name: 'format', in: 'query', schema: { enum: ['json', 'html'], default: 'json' } },
          { name: 'channel', in: 'query', schema: { type: 'string', pattern: NAME_PATTERN, default: 'main' } },
          { name: 'locale', in: 'query', schema: { type: 'string', pattern: '^[\\w-]{1,35}$' } },
          limit(LIMITS.listItems),
        ],
        json: ref('FallbackList'),
        html: true,
        others: [304],
        codes: [
          'bad-request',
          'not-found',
          'release-missing',
          'object-missing',
          'manifest-malformed',
          'manifest-version',
          'shard-malformed',
          'shard-version',
        ],
      }),
    },
    '/v1/sites/{site}/events': {
      post: operation('events', 'Store a batch of consented events; answered when it is durable', {
        parameters: [site],
        request: { 'application/json': ref('EventBatch'), 'text/plain': ref('EventBatch') },
        json: ref('BatchReceipt'),
        others: [204],
        codes: ['bad-request', 'not-found', 'too-large', 'rate-limited', 'store-full', 'not-ready'],
      }),
      get: operation('export', 'Stored events after a cursor', {
        scope: 'read',
        parameters: [site, cursor, limit(EDGE_LIMITS.exportRows)],
        json: answer({
          events: list(object({ seq: count, batch: text, event: ref('Event') })),
          cursor: count,
          isEnd: { type: 'boolean' },
        }),
        codes: ['bad-request', 'not-ready'],
      }),
    },
    '/v1/sites/{site}/r': {
      post: operation('report', 'Take a feedback report of 32 bytes; the answer is the same whatever becomes of it', {
        parameters: [site],
        request: { 'application/octet-stream': { ...bytes, minLength: 32, maxLength: 32 } },
        others: [204],
        codes: [],
      }),
    },
    '/v1/sites/{site}/sums': {
      get: operation('sums', 'Sums of reports, as they lie at rest', {
        scope: 'read',
        parameters: [site],
        json: answer({ sums: list(ref('Sum')) }),
        codes: [],
      }),
    },
    '/v1/sites/{site}/pseudonyms/{pseudonym}': {
      delete: operation('forget', 'Delete the events of a pseudonym and refuse what is on its way', {
        parameters: [site, { name: 'pseudonym', in: 'path', schema: { type: 'string', pattern: '^[\\w-]{22}$' } }],
        others: [204],
        codes: ['not-found', 'rate-limited', 'store-full', 'not-ready'],
      }),
    },
  }
}

function publisherPaths(): Readonly<Record<string, Record<string, Operation>>> {
  const publish = 'publish' as const
  const changed = { allOf: [ref('Channel'), object({ status: { enum: ['changed', 'unchanged'] } })] }
  return {
    '/v1/sites/{site}/objects/missing': {
      post: operation('missing', 'Which of these objects are not stored', {
        scope: publish,
        parameters: [site],
        request: { 'application/json': ref('Hashes') },
        json: answer({ missing: list(text) }),
        codes: ['bad-request', 'too-large'],
      }),
    },
    '/v1/sites/{site}/publications': {
      post: operation('publish', 'Take a signed publication; all becomes visible at once', {
        scope: publish,
        parameters: [site],
        request: { 'application/json': ref('Publication') },
        json: changed,
        others: [201],
        codes: [
          'bad-request',
          'too-large',
          'pointer-malformed',
          'signature-invalid',
          'object-missing',
          'sequence-replayed',
          'conflict',
          'store-full',
        ],
      }),
    },
    '/v1/sites/{site}/channels/{name}/step': {
      post: operation('step', 'Promote, widen a canary or roll back: to a higher signed step', {
        scope: publish,
        parameters: [site, channel],
        request: { 'application/json': ref('Step') },
        json: changed,
        codes: ['bad-request', 'too-large', 'release-missing', 'sequence-replayed', 'conflict', 'store-full'],
      }),
    },
    '/v1/sites/{site}/channels': {
      get: operation('channels', 'Every channel and the steps it was signed for', {
        scope: publish,
        parameters: [site],
        json: answer({ channels: list({ allOf: [ref('Channel'), object({ steps: list(step) })] }) }),
        codes: ['release-missing'],
      }),
    },
    '/v1/sites/{site}/releases': {
      get: operation('releases', 'Every publication, newest first', {
        scope: publish,
        parameters: [site],
        json: answer({ releases: list(ref('Release')) }),
        codes: [],
      }),
    },
    '/v1/sites/{site}/audit': {
      get: operation('audit', 'The append-only log of changes', {
        scope: publish,
        parameters: [site, cursor, limit(EDGE_LIMITS.auditRows)],
        json: answer({ entries: list(ref('AuditEntry')), cursor: count }),
        codes: ['bad-request'],
      }),
    },
    '/v1/sites/{site}/backup': {
      get: operation('backup', 'What a site needs to go on elsewhere, besides the objects its publications name', {
        scope: publish,
        parameters: [site],
        json: ref('Backup'),
        codes: [],
      }),
      put: operation('restore', 'Put a backup into a site without channels; its objects must be there', {
        scope: publish,
        parameters: [site],
        request: { 'application/json': ref('Backup') },
        created: answer({ channels: count, publications: count }),
        codes: [
          'bad-request',
          'too-large',
          'pointer-malformed',
          'signature-invalid',
          'object-missing',
          'conflict',
          'store-full',
        ],
      }),
    },
    '/v1/sites/{site}/gc': {
      post: operation('gc', 'Delete objects that no kept release needs', {
        scope: publish,
        parameters: [site],
        json: answer({ removed: count, kept: count }),
        codes: ['store-full'],
      }),
    },
  }
}

function operatorPaths(): Readonly<Record<string, Record<string, Operation>>> {
  const ready = object({ ready: { type: 'boolean' }, notReady: list(text) })
  return {
    '/healthz': { get: operation('health', 'Answers while the process lives', { plain: true, codes: [] }) },
    '/readyz': { get: operation('ready', 'Whether it can serve', { json: ready, others: [503], codes: [] }) },
    '/metrics': {
      get: operation('metrics', 'Prometheus text, for the operator only', { plain: true, codes: ['not-found'] }),
    },
    '/openapi.json': { get: operation('openapi', 'This document', { json: { type: 'object' }, codes: [] }) },
  }
}

/** The OpenAPI 3.1 description of every route; request bodies come from the schemas that check them. Kept in `docs/openapi.json`. */
export function openApiDocument(): Readonly<Record<string, unknown>> {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Pocketshelf edge',
      version: '1',
      description: 'Hands out signed releases and takes what visitors agreed to send. Error codes: docs/errors.md.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths: { ...visitorPaths(), ...publisherPaths(), ...operatorPaths() },
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: schemas(),
    },
  }
}
