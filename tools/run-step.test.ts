import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { reportLanes, type Step } from './run-step.ts'

let dir = ''
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'run-step-'))
  writeFileSync(join(dir, 'fine.mjs'), "console.log('said by fine'); console.error('warned by fine')")
  writeFileSync(join(dir, 'bad.mjs'), "console.log('said by bad'); process.exitCode = 3")
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

test('lanes run all their steps even when one fails, and show what each printed in one piece', async () => {
  const shown: string[] = []
  vi.spyOn(console, 'log').mockImplementation((text: string) => {
    shown.push(text)
  })
  const step = (name: string, file: string): Step => ({ name, args: [join(dir, file)] })
  const missing: Step = { name: 'missing', args: [join(dir, 'missing.mjs')] }
  const lanes = [[step('bad', 'bad.mjs'), step('after bad', 'fine.mjs')], [missing]]
  const results = await reportLanes(lanes)
  expect(results.map(({ isPassed }) => isPassed).toSorted()).toEqual([false, false, true])
  expect(results.find(({ verdict }) => verdict.startsWith('✗ bad'))?.output).toBe('said by bad\n')
  expect(shown).toHaveLength(3)
  expect(shown.find((text) => text.includes('▸ bad'))).toMatch(
    /^\n▸ bad\nsaid by bad\n✗ bad \(exit code 3, [\d.]+ s\)$/,
  )
  expect(shown.find((text) => text.includes('▸ after bad'))).toMatch(/said by fine\n/)
  expect(shown.find((text) => text.includes('▸ after bad'))).toMatch(/warned by fine\n/)
  expect(shown.find((text) => text.includes('▸ missing'))).toMatch(/✗ missing \(exit code 1/)
})
