import { describe, expect, test } from 'vitest'
import { type PageSigns, type RecommenderOptions, resolveOptions, splitWords } from './options.ts'

const SIGNS: PageSigns = {
  pageUrl: 'https://shop.example/a/b',
  scriptUrl: 'https://cdn.example/v1/pocketshelf.js',
  locale: 'de',
  saveData: false,
  privacySignal: true,
  device: 3,
  storageAnswer: () => 'ask',
}
const KEY = 'k'.repeat(43)
const resolve = (options: Partial<RecommenderOptions>) => resolveOptions({ site: 'shop', keys: KEY, ...options }, SIGNS)

describe('resolveOptions', () => {
  test('fills in the page’s own origin, the main channel and nothing to be sent', () => {
    expect(resolve({}).engine).toMatchObject({
      edge: 'https://shop.example',
      channel: 'main',
      consentCeiling: 'off',
      storage: 'persistent',
      tier: 'auto',
      privacySignal: true,
      keys: [KEY],
    })
  })

  test.each([
    ['ask', 'memory'],
    ['memory', 'memory'],
    ['persistent', 'persistent'],
  ] as const)('keeps nothing where the visitor is asked and the answer was %s, unless it was yes', (answer, mode) => {
    const signs = { ...SIGNS, storageAnswer: () => answer }
    const settings = resolveOptions({ site: 'shop', keys: KEY, storage: 'ask' }, signs)
    expect(settings).toMatchObject({ storage: answer, asksStorage: true, engine: { storage: mode } })
  })

  test('finds the built files beside the script', () => {
    const { workerUrl, engine } = resolve({})
    expect(workerUrl).toBe('https://cdn.example/v1/pocketshelf-worker.js')
    expect(engine.assets).toBe('https://cdn.example/v1/')
  })

  test('finds them where assets says, relative to the page, with or without a slash at the end', () => {
    expect(resolve({ assets: '/static' }).workerUrl).toBe('https://shop.example/static/pocketshelf-worker.js')
    expect(resolve({ assets: '/static/' }).workerUrl).toBe('https://shop.example/static/pocketshelf-worker.js')
  })

  test('takes the slash off the edge’s address', () => {
    expect(resolve({ edge: 'https://edge.example/x/' }).engine.edge).toBe('https://edge.example/x')
  })

  test('reads two keys from one text', () => {
    expect(resolve({ keys: `${KEY}, ${'m'.repeat(43)}` }).engine.keys).toHaveLength(2)
  })

  test.each([
    ['site', { site: 'Not A Site' }],
    ['site', { site: '' }],
    ['keys', { keys: '' }],
    ['keys', { keys: 'short' }],
    ['keys', { keys: [KEY, KEY, KEY] }],
    ['channel', { channel: '../x' }],
    ['edge', { edge: 'javascript:alert(1)' }],
    ['assets', { assets: 'data:text/plain,x' }],
    ['consent', { consent: 'everything' as 'off' }],
    ['storage', { storage: 'cloud' as 'memory' }],
    ['tier', { tier: 'huge' as 'auto' }],
    ['ranker', { ranker: 'oracle' as 'auto' }],
    ['graphs', { graphs: 'faiss' as 'auto' }],
  ])('names %s when it refuses %o', (option, options) => {
    expect(() => resolve(options)).toThrow(
      expect.objectContaining({ code: 'config-invalid', message: expect.stringContaining(`data-${option}`) }),
    )
  })
})

describe('splitWords', () => {
  test('splits at commas and spaces and leaves out nothing else', () => {
    expect(splitWords(' a,b  c ,')).toEqual(['a', 'b', 'c'])
  })

  test('answers an empty list for nothing', () => {
    expect(splitWords(null)).toEqual([])
  })
})
