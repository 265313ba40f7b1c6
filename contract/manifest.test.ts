import { describe, expect, test } from 'vitest'
import { RecError } from './errors.ts'
import { parseDictionaries, parseManifest, secondSpaceOf, sequenceSpaceOf } from './manifest.ts'
import { sampleManifest } from './sample-documents.conformance.ts'

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** A copy of a document with the value at a path replaced, or taken out when `value` is undefined. */
function withValue(document: unknown, path: string, value: unknown): unknown {
  const copy = structuredClone(document)
  const keys = path.split('.')
  const last = keys.pop() ?? ''
  const parent = keys.reduce((node, key) => (node as Record<string, unknown>)[key] as unknown, copy) // paths exist in the sample
  if (value === undefined) delete (parent as Record<string, unknown>)[last]
  else (parent as Record<string, unknown>)[last] = value
  return copy
}

function codeOf(parse: (value: unknown) => unknown, value: unknown): string {
  try {
    parse(value)
    return 'accepted'
  } catch (thrown) {
    return thrown instanceof RecError ? thrown.code : `crashed: ${thrown}`
  }
}

/** Fields that this version does not read. */
const UNREAD = new Set(['bilinear', 'feedback'])

describe('parseManifest', () => {
  test('returns the manifest as it stands', () => {
    expect(parseManifest(sampleManifest())).toEqual(sampleManifest())
  })

  test('ignores unknown keys at every level', () => {
    for (const path of [
      'later',
      'spaces.0.later',
      'rankers.0.later',
      'retrieval.later',
      'rules.later',
      'lists.0.later',
    ])
      expect(codeOf(parseManifest, withValue(sampleManifest(), path, { any: 1 })), path).toBe('accepted')
  })

  test('refuses another major version with manifest-version and a missing one as malformed', () => {
    expect(codeOf(parseManifest, withValue(sampleManifest(), 'v', 2))).toBe('manifest-version')
    expect(codeOf(parseManifest, withValue(sampleManifest(), 'v', 0))).toBe('manifest-version')
    expect(codeOf(parseManifest, withValue(sampleManifest(), 'v', '1'))).toBe('manifest-malformed')
    expect(codeOf(parseManifest, withValue(sampleManifest(), 'v', undefined))).toBe('manifest-malformed')
  })

  test('refuses every top-level field that is missing or of a wrong type', () => {
    const keys = Object.keys(sampleManifest()).filter((key) => key !== 'v' && !UNREAD.has(key))
    for (const key of keys) {
      for (const value of [undefined, 'Not a name', -1.5, true, [null], { wrong: 'x' }]) {
        const found = codeOf(parseManifest, withValue(sampleManifest(), key, value))
        const allowed = isAllowed(key, value)
        expect(found, `${key}: ${JSON.stringify(value)}`).toBe(allowed ? 'accepted' : 'manifest-malformed')
      }
    }
    expect(keys.length).toBeGreaterThan(20)
  })

  test.each([
    'spaces.0.spaceId',
    'spaces.0.dim',
    'spaces.0.metric',
    'spaces.0.scales',
    'spaces.0.gramian',
    'spaces.0.gramian.hash',
    'spaces.0.gramian.sizeBytes',
    'spaces.0.encoder',
    'spaces.0.encoder.type',
    'spaces.0.encoder.alpha0',
    'spaces.0.encoder.reg',
    'spaces.0.encoder.nu',
    'spaces.0.encoder.itemCount',
    'spaces.0.encoder.ratio',
    'rankers.0.layout',
    'rankers.0.onnx',
    'rankers.0.trees',
    'directory.0.prefixEnd',
    'directory.0.ref',
    'shardTable.hash',
    'shardTable.sizeBytes',
    'linearHead.features',
    'linearHead.weights',
    'linearHead.bias',
    'retrieval.vector',
    'retrieval.voters',
    'retrieval.popular',
    'retrieval.trending',
    'retrieval.fresh',
    'retrieval.graphMinItems',
    'retrieval.efSearch',
    'lists.0.scene',
    'lists.0.items',
    'lists.0.halfLifeDays',
    'rules.maxPerCategory',
    'rules.freshness',
    'rules.diversity',
    'rules.exploration',
    'rules.seenDecay',
    'rules.pins',
    'rules.boosts',
    'rules.pins.0.item',
    'rules.pins.0.position',
    'rules.boosts.0.factor',
  ])('refuses %s when it is missing or of a wrong type', (path) => {
    for (const value of [undefined, {}, true, Number.NaN, ['x']] as const)
      expect(codeOf(parseManifest, withValue(sampleManifest(), path, value))).toBe('manifest-malformed')
  })

  test.each<[string, Json]>([
    ['site', 'Not a name'],
    ['itemCount', -1],
    ['itemNoEnd', 0.5],
    ['shardTable.hash', 'A'.repeat(64)],
    ['shardTable.sizeBytes', -4],
    ['spaces.0.dim', 513],
    ['spaces.0.dim', 4],
    ['spaces.0.metric', 'cosine'],
    ['spaces.0.encoder.type', 'mean'],
    ['spaces.0.encoder.nu', 0.3],
    ['linearHead.features', Array.from({ length: 65 }, (_, i) => i)],
    ['linearHead.weights', [1]],
  ])('refuses %s = %j', (path, value) => {
    expect(codeOf(parseManifest, withValue(sampleManifest(), path, value))).toBe('manifest-malformed')
  })

  test('accepts a release without a linear head', () => {
    expect(parseManifest({ ...sampleManifest(), linearHead: null }).linearHead).toBeNull()
  })

  test.each([null, undefined, 1, 'text', [], [1]])('refuses %j, which is no object', (value) => {
    expect(codeOf(parseManifest, value)).toBe('manifest-malformed')
  })
})

/** Wrong-looking values that are right for their field. */
function isAllowed(key: string, value: unknown): boolean {
  if (typeof value === 'string') return ['release', 'createdAt', 'currency'].includes(key)
  if (typeof value === 'number') return ['newestAt', 'voterRatio'].includes(key)
  if (value === true) return ['ordered', 'timed'].includes(key)
  return Array.isArray(value) && key === 'experiments'
}

describe('parseDictionaries', () => {
  const dictionaries = { v: 1, categories: ['Books'], tags: [] }

  test('returns names in order', () => {
    expect(parseDictionaries({ ...dictionaries, later: 1 }).categories).toEqual(['Books'])
  })

  test('refuses wrong fields and versions', () => {
    expect(codeOf(parseDictionaries, { ...dictionaries, v: 2 })).toBe('manifest-version')
    expect(codeOf(parseDictionaries, { ...dictionaries, v: undefined })).toBe('manifest-malformed')
    expect(codeOf(parseDictionaries, { ...dictionaries, categories: [1] })).toBe('manifest-malformed')
    expect(codeOf(parseDictionaries, { ...dictionaries, tags: undefined })).toBe('manifest-malformed')
    expect(codeOf(parseDictionaries, null)).toBe('manifest-malformed')
  })
})

describe('a sequence space', () => {
  const encoder = { type: 'onnx', model: { hash: 'b'.repeat(64), sizeBytes: 70_000 }, length: 50 }
  const space = { spaceId: 'sequence-1', dim: 2, metric: 'ip', encoder, scales: [0.01, 0.02] }
  const [first] = sampleManifest().spaces

  test('is found behind the first space', () => {
    const manifest = parseManifest({ ...sampleManifest(), spaces: [first, space] })
    expect(sequenceSpaceOf(manifest)).toEqual({ space, index: 1 })
    expect(sequenceSpaceOf(sampleManifest())).toBeNull()
  })

  test('is refused as the first space, without a model and with a length that no history has', () => {
    const code = (spaces: unknown) => codeOf(parseManifest, { ...sampleManifest(), spaces })
    expect(code([space])).toBe('manifest-malformed')
    expect(code([])).toBe('manifest-malformed')
    for (const wrong of [{ model: null }, { length: 0 }, { length: 1.5 }, { length: 100_000 }])
      expect(code([first, { ...space, encoder: { ...encoder, ...wrong } }])).toBe('manifest-malformed')
  })
})

test('a ranker may come without trees, but not without a model', () => {
  const [ranker] = sampleManifest().rankers
  const parse = (wrong: unknown) => parseManifest({ ...sampleManifest(), rankers: [{ ...ranker, ...Object(wrong) }] })
  expect(parse({ trees: null }).rankers[0].trees).toBeNull()
  expect(codeOf(parse, { onnx: null })).toBe('manifest-malformed')
  expect(codeOf(parse, { trees: 1 })).toBe('manifest-malformed')
})

test('a ranker may say what it learnt to find', () => {
  const [ranker] = sampleManifest().rankers
  const objectives = { click: 1, conversion: 2, value: 0.5 }
  const { rankers } = parseManifest({ ...sampleManifest(), rankers: [{ ...ranker, objectives }, ranker] })
  expect(rankers.map((each) => each.objectives)).toEqual([objectives, undefined])
})

describe('a mean space', () => {
  const encoder = { type: 'mean', ratio: 0.9, scale: 4 }
  const space = { spaceId: 'mean-1', dim: 2, metric: 'ip', encoder, scales: [0.01, 0.02] }
  const [first] = sampleManifest().spaces

  test('is found behind the first space, and needs no model', () => {
    const manifest = parseManifest({ ...sampleManifest(), spaces: [first, space] })
    expect(secondSpaceOf(manifest)).toEqual({ space, index: 1 })
    expect(sequenceSpaceOf(manifest)).toBeNull()
    expect(secondSpaceOf(sampleManifest())).toBeNull()
  })

  test('is refused as the first space and without its numbers', () => {
    const code = (spaces: unknown) => codeOf(parseManifest, { ...sampleManifest(), spaces })
    expect(code([space])).toBe('manifest-malformed')
    for (const wrong of [{ ratio: null }, { scale: undefined }])
      expect(code([first, { ...space, encoder: { ...encoder, ...wrong } }])).toBe('manifest-malformed')
  })
})
