import { expect, test } from 'vitest'
import { reportTo } from './step-report.ts'

test('a step that is under way ends with its next share once the command is asked to stop', async () => {
  const abort = new AbortController()
  const shown: number[] = []
  const report = reportTo({
    stage: () => (share) => shown.push(share),
    warn: () => undefined,
    ready: () => undefined,
    signal: abort.signal,
  })
  const step = report.step('train', async (onShare) => {
    onShare(0.1)
    abort.abort()
    onShare(0.2)
  })
  await expect(step).rejects.toThrow('abort')
  expect(shown).toEqual([0.1])
  expect(() => report.step('next', async () => undefined)).toThrow('abort')
})
