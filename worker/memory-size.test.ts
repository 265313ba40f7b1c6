import { expect, test } from 'vitest'
import { createCatalogue } from '#worker/core/catalogue'
import { createModel } from '#worker/core/model'
import { syntheticRelease } from '#worker/core/synthetic-model'
import { memoryBytes } from './memory-size.ts'

const ITEMS = 500
const DIM = 16

test('counts the rows of both spaces', () => {
  const { manifest, cells, gramian } = syntheticRelease({ items: ITEMS, dim: DIM })
  const [first] = manifest.spaces
  const { gramian: _unused, ...grid } = first
  const second = { ...grid, spaceId: 'mean', encoder: { type: 'mean', ratio: 1, scale: 4 } } as const
  const sizeOf = (spaces: typeof manifest.spaces) => {
    const known = { ...manifest, spaces }
    const resident = cells.map((cell) => ({ ...cell, vectors: spaces.flatMap(() => cell.vectors) }))
    const dictionaries = { v: 1, categories: [], tags: [] } as const
    const catalogue = createCatalogue(known, resident)
    return memoryBytes(createModel({ manifest: known, dictionaries, catalogue, gramians: [gramian] }))
  }
  const one = sizeOf([first])
  expect(one).toBeGreaterThan(ITEMS * DIM)
  expect(sizeOf([first, second]) - one).toBe(ITEMS * DIM + DIM * 4) // and the steps of its grid
})
