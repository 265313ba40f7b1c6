import { SCENES } from '#contract/events'
import { LIMITS } from '#contract/limits'
import type { RecommendRequest } from '#contract/rpc'
import { splitWords } from './options.ts'
import type { REQUEST_ATTRIBUTES } from './shelf-attributes.ts'

/** Reads a request from attributes; what cannot be understood gets its default: scene `for-you`, 8 items, no filter. */
export function readRequest(get: (name: (typeof REQUEST_ATTRIBUTES)[number]) => string | null): RecommendRequest {
  const scene = SCENES.find((name) => name === get('scene')) ?? 'for-you'
  const count = Math.trunc(Number(get('count') ?? 8))
  const categories = (get('category') ?? '').split(',').flatMap((name) => name.trim() || [])
  const [minPrice, maxPrice, diversity] = [
    readNumber(get('min-price')),
    readNumber(get('max-price')),
    readNumber(get('diversity')),
  ]
  return {
    scene,
    count: count >= 1 ? Math.min(count, LIMITS.listItems) : 8,
    ...list('contextItems', splitWords(get('item'))),
    ...list('items', splitWords(get('items'))),
    ...list('exclude', splitWords(get('exclude'))),
    ...list('categories', categories),
    ...(minPrice === null ? {} : { minPrice }),
    ...(maxPrice === null ? {} : { maxPrice }),
    ...(diversity === null ? {} : { rules: { diversity: Math.min(1, Math.max(0, diversity)) } }),
  }
}

function list<K extends string>(key: K, values: string[]): { readonly [P in K]?: string[] } {
  return values.length === 0 ? {} : ({ [key]: values } as { [P in K]: string[] }) // TypeScript widens a computed key
}

function readNumber(text: string | null): number | null {
  const value = Number.parseFloat(text ?? '')
  return Number.isFinite(value) ? value : null
}
