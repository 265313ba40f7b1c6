import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { edgeConformance } from '../contract-suite/edge.conformance.ts'
import type { RunningEdge, TargetOptions } from '../contract-suite/edge-target.ts'
import { createNodeEdge } from './node-edge.ts'

async function startOn(dataDir: string, options: TargetOptions): Promise<RunningEdge> {
  const edge = await createNodeEdge({ ...options, dataDir })
  return {
    url: edge.url,
    restart: async (changed) => {
      await edge.close()
      return startOn(dataDir, { ...options, ...changed })
    },
    close: async () => {
      await edge.close()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

edgeConformance({ name: 'Node', start: (options) => startOn(mkdtempSync(join(tmpdir(), 'edge-')), options) })
