import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { compileScan, SCAN_WASM } from './compile-scan.ts'

test('scan.wasm is what its source compiles to, and small', async () => {
  const committed = await readFile(SCAN_WASM)
  expect(Buffer.from(await compileScan()).equals(committed)).toBe(true)
  expect(committed.length).toBeLessThan(4_500) // scan and selection 1.5 kB, graph search 1.6, trees 1
})
