import { ERROR_CODES, type ErrorCode } from '#contract/errors'
import type { Scope } from './sites.ts'

/** A JSON Schema. */
export type Schema = Readonly<Record<string, unknown>>

export type Parameter = { readonly name: string; readonly in: 'path' | 'query'; readonly schema: Schema }

export type Operation = Readonly<Record<string, unknown>>

type Parts = {
  readonly parameters?: readonly Parameter[]
  /** Media type → schema of the body. */
  readonly request?: Readonly<Record<string, Schema>>
  /** What 200 carries. */
  readonly json?: Schema
  /** What 201 carries, where it is the only success. */
  readonly created?: Schema
  readonly bytes?: Schema
  readonly html?: true
  readonly plain?: true
  /** Further statuses of success, and those without a body. */
  readonly others?: readonly number[]
  readonly codes: readonly ErrorCode[]
  /** Of the token it needs. */
  readonly scope?: Scope
}

const MEANING: Readonly<Record<number, string>> = {
  201: 'New',
  204: 'Done, nothing to say',
  206: 'A range of identity',
  304: 'Known already',
  416: 'No such range',
  503: 'Not ready',
}

/** One operation with its answers; every error is `{"error": …}` under the status of its code. */
export function operation(operationId: string, summary: string, parts: Parts): Operation {
  const { parameters = [], request, json, others = [], scope } = parts
  const content = contentOf(parts)
  const responses: Record<string, unknown> = {}
  if (Object.keys(content).length > 0) responses['200'] = { description: 'Done', content }
  if (parts.created !== undefined)
    responses['201'] = { description: 'New', content: { 'application/json': { schema: parts.created } } }
  for (const status of others) {
    const hasBody = json !== undefined && (status === 201 || status === 503)
    responses[status] = { description: MEANING[status] ?? '', ...(hasBody ? { content } : {}) }
  }
  const codes: readonly ErrorCode[] = scope === undefined ? parts.codes : [...parts.codes, 'unauthorised', 'forbidden']
  for (const [status, named] of byStatus(codes)) {
    const error = { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } }
    responses[status] ??= { description: named.join(', '), content: error }
  }
  return {
    operationId,
    summary,
    parameters: parameters.map((parameter) => ({ ...parameter, required: parameter.in === 'path' })),
    ...(request === undefined ? {} : { requestBody: { required: true, content: bodies(request) } }),
    responses,
    security: scope === undefined ? [] : [{ token: [] }],
    ...(scope === undefined ? {} : { 'x-scope': scope }),
  }
}

function contentOf({ json, bytes, html, plain }: Parts): Record<string, { schema: Schema }> {
  return {
    ...(json === undefined ? {} : { 'application/json': { schema: json } }),
    ...(bytes === undefined ? {} : { 'application/octet-stream': { schema: bytes } }),
    ...(html === undefined ? {} : { 'text/html': { schema: { type: 'string' } } }),
    ...(plain === undefined ? {} : { 'text/plain': { schema: { type: 'string' } } }),
  }
}

function bodies(request: Readonly<Record<string, Schema>>): Record<string, { schema: Schema }> {
  return Object.fromEntries(Object.entries(request).map(([type, schema]) => [type, { schema }]))
}

function byStatus(codes: readonly ErrorCode[]): Map<number, ErrorCode[]> {
  const found = new Map<number, ErrorCode[]>()
  for (const code of codes) {
    const { status } = ERROR_CODES[code]
    found.set(status, [...(found.get(status) ?? []), code])
  }
  return found
}
