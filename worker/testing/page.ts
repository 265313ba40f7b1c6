import { readFile } from 'node:fs/promises'
import type { ErrorCode } from '#contract/errors'
import type { EngineApi, EngineOptions, EngineStatus, Outcome, RecommendReply, TrackInput } from '#contract/rpc'
import { createEngine } from '../engine.ts'
import { createTestDeps, NoticeLog, type TestBrowser, type TestDeps, testOptions } from './test-deps.ts'
import { TinyEdge } from './tiny-edge.ts'
import { buildTinyRelease, createTinyKey, signPointer } from './tiny-release.ts'

/** The key of every page opened here. */
export const KEY = await createTinyKey()
export const RELEASE = await buildTinyRelease()

const POINTER = await signPointer(KEY, RELEASE)

const SCAN_WASM = new Uint8Array(await readFile(new URL('../core/scan/scan.wasm', import.meta.url)))

/** An edge that serves nothing yet, beside the scan kernel. */
export function emptyEdge(): TinyEdge {
  const edge = new TinyEdge()
  edge.assets.set('https://assets.test/pocketshelf-scan.wasm', SCAN_WASM)
  return edge
}

/** One page with its engine started. */
export type Page = {
  readonly engine: EngineApi
  readonly notices: NoticeLog
  readonly deps: TestDeps
  readonly started: Outcome<EngineStatus>
}

/** An edge that serves `RELEASE`. */
export function publishedEdge(): TinyEdge {
  const edge = emptyEdge()
  edge.publish(RELEASE, POINTER)
  return edge
}

/** Starts an engine at an edge, successfully or not. */
export async function openPage(
  edge: TinyEdge,
  {
    browser,
    options,
    deps,
  }: { browser?: TestBrowser; options?: Partial<EngineOptions>; deps?: Partial<TestDeps> } = {},
): Promise<Page> {
  const world = Object.assign(createTestDeps(edge, browser), deps)
  const engine = createEngine(world)
  const notices = new NoticeLog()
  const started = await engine.start(testOptions(KEY.publicKey, options), notices.notify)
  return { engine, notices, deps: world, started }
}

/** The value of a call. @throws Error when it was refused */
export function value<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value
  throw new Error(`${outcome.error.code}: ${outcome.error.message}`)
}

/** The code of a refused call, null for a value. */
export function code(outcome: Outcome<unknown>): ErrorCode | null {
  return outcome.ok ? null : outcome.error.code
}

/** Ids of a for-you list of 10. */
export async function ids(engine: EngineApi, request: { count?: number } = {}): Promise<string[]> {
  const reply: RecommendReply = value(await engine.recommend({ scene: 'for-you', count: 10, ...request }))
  return reply.items.map(({ id }) => id)
}

/** A click on an item. */
export const click = (item: string): TrackInput => ({ type: 'click', item })

/** Waits until all background loading of a page has ended: a refresh stands behind it in the queue. */
export async function loaded({ engine }: Page): Promise<EngineStatus> {
  return value(await engine.refresh())
}
