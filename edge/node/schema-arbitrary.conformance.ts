import fc, { type Arbitrary } from 'fast-check'

type Schema = Readonly<Record<string, unknown>>

/** Values that fit a JSON Schema as OpenAPI documents write it, for the keywords that ours use. */
export function fittingValue(schema: Schema, schemas: Readonly<Record<string, Schema>>): Arbitrary<unknown> {
  const of = (inner: unknown) => fittingValue(inner as Schema, schemas) // a part of a schema is a schema
  if (typeof schema.$ref === 'string') return of(schemas[schema.$ref.split('/').at(-1) ?? ''])
  if ('const' in schema) return fc.constant(schema.const)
  if (Array.isArray(schema.enum)) return fc.constantFrom(...schema.enum)
  for (const key of ['anyOf', 'allOf', 'oneOf']) {
    const options = schema[key]
    if (Array.isArray(options)) return fc.oneof(...options.map(of))
  }
  const number = (key: string, fallback: number) => (typeof schema[key] === 'number' ? schema[key] : fallback)
  switch (schema.type) {
    case 'integer':
      return integer(number('minimum', -1_000), number('maximum', 2 ** 40), number('multipleOf', 1))
    case 'number':
      return fc.double({ min: number('minimum', -1e12), max: number('maximum', 1e12), noNaN: true })
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    case 'array':
      return fc.array(of(schema.items ?? {}), { minLength: number('minItems', 0), maxLength: 4 })
    case 'object':
      return object(schema, of)
    case 'string':
      return typeof schema.pattern === 'string'
        ? fc.stringMatching(new RegExp(schema.pattern))
        : fc.string({ minLength: number('minLength', 0), maxLength: Math.min(40, number('maxLength', 40)) })
    default:
      return fc.jsonValue()
  }
}

function integer(min: number, max: number, step: number): Arbitrary<number> {
  const whole = fc.maxSafeInteger().map((value) => Math.min(max, Math.max(min, value)))
  if (step === 1) return whole
  const now = Math.floor(Date.now() / step)
  return fc.integer({ min: now - 900, max: now + 30 }).map((value) => value * step)
}

function object(schema: Schema, of: (inner: unknown) => Arbitrary<unknown>): Arbitrary<unknown> {
  const properties = Object.entries((schema.properties ?? {}) as Record<string, Schema>)
  const required = Array.isArray(schema.required) ? schema.required.map(String) : []
  const model = Object.fromEntries(properties.map(([name, inner]) => [name, of(inner)]))
  return fc.record(model, { requiredKeys: required.filter((name) => name in model) })
}

/** What fits, what nearly fits, and anything at all. */
export function nearValue(schema: Schema, schemas: Readonly<Record<string, Schema>>): Arbitrary<unknown> {
  const fitting = fittingValue(schema, schemas)
  const changed = fc
    .tuple(fitting, fc.string({ maxLength: 12 }), fc.jsonValue())
    .map(([value, key, other]) => (typeof value === 'object' && value !== null ? { ...value, [key]: other } : other))
  const missing = fc.tuple(fitting, fc.nat(20)).map(([value, index]) => without(value, index))
  return fc.oneof(
    { weight: 5, arbitrary: fitting },
    { weight: 2, arbitrary: changed },
    { weight: 2, arbitrary: missing },
    { weight: 1, arbitrary: fc.jsonValue() },
  )
}

function without(value: unknown, index: number): unknown {
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value)
  return Object.fromEntries(entries.filter((_, i) => i !== index % Math.max(1, entries.length)))
}
