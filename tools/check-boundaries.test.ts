import { describe, expect, test } from 'vitest'
import { findViolations } from './check-boundaries.ts'
import { ROOT } from './project-files.ts'

const PLANTED = `${ROOT}/tools/fixtures/boundaries`

describe('findViolations', () => {
  test('catches each planted violation and nothing else', async () => {
    const { violations } = await findViolations(PLANTED, ['contract', 'client', 'edge', 'model-build', 'worker'])
    const rules = violations.map((line) => line.replace(/ -> .*/, '')).sort()
    expect([...new Set(rules)]).toEqual([
      'client-package: client/imports-zod.ts',
      'contract-arrow: contract/imports-client.ts',
      'contract-node: contract/imports-node.ts',
      'cycle: edge/cycle-first.ts',
      'edge-arrow: edge/imports-worker-core.ts',
      'model-build-arrow: model-build/imports-nothing.ts',
      'unresolved: model-build/imports-nothing.ts',
      'worker-core-arrow: worker/core/imports-client.ts',
    ])
  })

  test('names a folder in which it saw no file', async () => {
    const { empty } = await findViolations(PLANTED, ['contract', 'bench'])
    expect(empty).toEqual(['bench'])
  })
})
