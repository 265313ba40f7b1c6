import { describe, expect, test } from 'vitest'
import { FEATURE_COUNT, featureIndex } from '#contract/features'
import { ids, loaded, openPage, type Page, publishedEdge, value } from './testing/page.ts'
import type { TinyEdge } from './testing/tiny-edge.ts'

/** A runtime whose scores are the items' popularity; `fails` makes its next run fail. */
function createRuntime() {
  const state = { opened: 0, closed: 0, fails: false }
  class Tensor {
    readonly data: Float32Array
    constructor(_type: 'float32', data: Float32Array) {
      this.data = data
    }
  }
  const session = {
    inputNames: ['input'],
    outputNames: ['scores'],
    run: async ({ input }: Record<string, Tensor>) => {
      if (state.fails) throw new Error('out of memory')
      const rows = input?.data ?? new Float32Array(0)
      const popularity = featureIndex('item.popularity')
      const scores = Float32Array.from(
        { length: rows.length / FEATURE_COUNT },
        (_, i) => rows[i * FEATURE_COUNT + popularity],
      )
      return { scores: { data: scores } }
    },
    release: async () => {
      state.closed++
    },
  }
  const create = async () => {
    state.opened++
    return session
  }
  return { state, module: { env: { wasm: {} }, InferenceSession: { create }, Tensor } }
}

async function openWithRuntime(): Promise<
  Page & { readonly runtime: ReturnType<typeof createRuntime>; readonly edge: TinyEdge }
> {
  const runtime = createRuntime()
  const edge = publishedEdge()
  edge.assets.set('https://assets.test/pocketshelf-ort.wasm', new Uint8Array([0]))
  const page = await openPage(edge, { options: { ranker: 'onnx' }, deps: { importModule: async () => runtime.module } })
  await loaded(page)
  return { ...page, runtime, edge }
}

async function ranker({ engine }: Page): Promise<string> {
  return value(await engine.recommend({ scene: 'for-you', count: 5 })).ranker
}

describe('engines', () => {
  test('come after the first lists, and the page is told', async () => {
    const page = await openWithRuntime()
    expect(await ranker(page)).toBe('trees')
    expect(page.runtime.state.opened).toBe(0)
    page.deps.timers.advance(300)
    await page.notices.first('engines-ready')
    expect(await ranker(page)).toBe('onnx')
    expect(value(await page.engine.status())).toMatchObject({ ranker: 'onnx', retrievers: ['scan'], lastError: null })
  })

  test('are given back 30 seconds after the page was hidden, and taken again when it is shown', async () => {
    const page = await openWithRuntime()
    page.deps.timers.advance(300)
    await page.notices.first('engines-ready')
    await page.engine.visibility(true)
    page.deps.timers.advance(29_000)
    expect(await ranker(page)).toBe('onnx')
    page.deps.timers.advance(1_000)
    expect(await ranker(page)).toBe('trees')
    expect(page.runtime.state.closed).toBe(1)
    const again = page.notices.next('engines-ready')
    await page.engine.visibility(false)
    page.deps.timers.advance(300)
    await again
    expect(await ranker(page)).toBe('onnx')
  })

  test('stay away from a page that is hidden before they came', async () => {
    const page = await openWithRuntime()
    await page.engine.visibility(true)
    page.deps.timers.advance(30_000)
    expect(await ranker(page)).toBe('trees')
    expect(page.runtime.state.opened).toBe(0)
  })

  test('that fail are replaced by the trees within the same answer', async () => {
    const page = await openWithRuntime()
    page.deps.timers.advance(300)
    await page.notices.first('engines-ready')
    page.runtime.state.fails = true
    const reply = value(await page.engine.recommend({ scene: 'for-you', count: 5 }))
    expect(reply).toMatchObject({ ranker: 'trees' })
    expect(reply.items).toHaveLength(5)
    expect(value(await page.engine.status()).lastError?.code).toBe('engine-unavailable')
  })

  test('that cannot be loaded leave the trees and a reason', async () => {
    const page = await openPage(publishedEdge(), { options: { ranker: 'onnx' } })
    await loaded(page)
    page.deps.timers.advance(300)
    await page.notices.first('engines-ready')
    expect(await ranker(page)).toBe('trees')
    expect(value(await page.engine.status()).lastError?.code).toBe('engine-unavailable')
  })

  test('that the edge did not deliver are asked for again once it answers', async () => {
    const page = await openWithRuntime()
    page.edge.isOnline = false
    page.deps.timers.advance(300)
    await page.notices.first('engines-ready')
    expect(await ranker(page)).toBe('trees')
    expect(value(await page.engine.status()).lastError?.code).toBe('edge-unreachable')
    page.edge.isOnline = true
    await page.engine.refresh()
    const again = page.notices.next('engines-ready')
    page.deps.timers.advance(300)
    await again
    expect(await ranker(page)).toBe('onnx')
    expect(value(await page.engine.status()).lastError).toBeNull()
  })

  test('without WebAssembly SIMD are the scan in JavaScript, with the same list', async () => {
    const edge = publishedEdge()
    const expected = await openPage(edge)
    await loaded(expected)
    const broken = publishedEdge()
    broken.assets.set('https://assets.test/pocketshelf-scan.wasm', new Uint8Array([0, 97, 115, 109]))
    const page = await openPage(broken)
    await loaded(page)
    for (const { engine } of [expected, page]) await engine.track([{ type: 'click', item: 'item-6' }])
    expect(await ids(page.engine)).toEqual(await ids(expected.engine))
    expect(value(await page.engine.status()).retrievers).toEqual(['scan-js'])
  })
})
