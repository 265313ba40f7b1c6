import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { createApp } from './app.ts'
import { openApiDocument } from './openapi.ts'
import type { EdgeDeps } from './ports.ts'

type Document = { paths: Record<string, Record<string, { operationId: string; responses: object }>> }

const document = openApiDocument() as unknown as Document // an OpenAPI document; the tests below read paths alone

describe('the OpenAPI document', () => {
  test('describes every route of the app, and only those', () => {
    // Routes are only declared here, no port is called.
    const app = createApp({} as unknown as EdgeDeps)
    const declared = app.routes
      .filter(({ method }) => method !== 'OPTIONS')
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`)
    const described = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    )
    expect(described.toSorted()).toEqual([...new Set(declared)].toSorted())
  })

  test('names each operation once and says what it answers', () => {
    const operations = Object.values(document.paths).flatMap((path) => Object.values(path))
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length)
    for (const { responses } of operations) expect(Object.keys(responses)).not.toEqual([])
  })

  test('refers only to schemas that it has', () => {
    const text = JSON.stringify(document)
    const { components } = openApiDocument() as { components: { schemas: Record<string, unknown> } }
    const names = [...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name = '']) => name)
    expect(names.length).toBeGreaterThan(10)
    for (const name of names) expect(Object.keys(components.schemas)).toContain(name)
  })

  test('takes its bodies from the schemas that check them', () => {
    const { components } = openApiDocument() as { components: { schemas: Record<string, unknown> } }
    expect(components.schemas.Event).toMatchObject({
      additionalProperties: false,
      required: ['v', 'type', 'item', 'at', 'pseudonym'],
      properties: { propensity: { minimum: 0, maximum: 1 }, pseudonym: { pattern: '^[\\w-]{22}$' } },
    })
  })

  test('is what docs/openapi.json holds', () => {
    const kept = readFileSync(fileURLToPath(new URL('../../docs/openapi.json', import.meta.url)), 'utf8')
    expect(JSON.parse(kept)).toEqual(document)
  })
})
