import { existsSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { ROOT } from './project-files.ts'

/** Files that work for more than ten seconds, longest first. */
const SLOW = [
  'model-build/steps/retrain-site.test.ts',
  'model-build/steps/interrupted-build.test.ts',
  'worker/core/feedback/audit.test.ts',
  'model-build/evaluate/evaluate-files.test.ts',
  'edge/node/fuzz.test.ts',
  'edge/node/main.test.ts',
  'edge/node/operate.test.ts',
  'model-build/steps/increment-release.test.ts',
  'model-build/feedback/estimate.test.ts',
]

/**
 * Starts with the slow files, so that no core waits at the end for one that came late. Vitest remembers how long files took, but a clone has
 * no memory and starts with the largest files, and these are small.
 */
export class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const gone = SLOW.filter((file) => !existsSync(join(ROOT, file)))
    if (gone.length > 0) throw new Error(`tools/slow-first.ts names files that are not there: ${gone.join(', ')}`)
    return slowFirst(await super.sort(files), ({ moduleId }) => relative(ROOT, moduleId).split(sep).join('/'))
  }
}

/** Moves what is slow to the front, in the order of the list; the rest stays as it is. */
export function slowFirst<T>(files: readonly T[], pathOf: (file: T) => string, slow: readonly string[] = SLOW): T[] {
  const place = (file: T) => {
    const at = slow.indexOf(pathOf(file))
    return at < 0 ? slow.length : at
  }
  return files.toSorted((a, b) => place(a) - place(b))
}
