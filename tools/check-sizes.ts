/** Holds built files to the brotli budgets of `.size-limit.json`, and keeps heavy libraries out of what every visitor downloads. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT, readProjectFile } from './project-files.ts'
import { runStep } from './run-step.ts'

type Budget = { readonly name: string; readonly path: string; readonly limit: string }

/** Built file -> words that would show that a heavy library slipped in. */
const MUST_NOT_APPEAR: Readonly<Record<string, readonly string[]>> = {
  'dist/pocketshelf.js': ['ZodError', 'HierarchicalNSW', 'InferenceSession', 'Comlink.expose', 'eval(', 'new Function'],
  'dist/pocketshelf-worker.js': ['ZodError', 'data:application/wasm;base64,AGFzbQEAAAAB', 'new Function'],
}

async function main(): Promise<void> {
  const budgets: Budget[] = JSON.parse(readProjectFile('.size-limit.json'))
  const missing = budgets.filter(({ path }) => !existsSync(join(ROOT, path))).map(({ path }) => path)
  if (budgets.length === 0 || missing.length > 0) {
    console.error(`no ${missing.join(', no ') || 'budget'}: run \`npm run build\`, or mend its steps in tools/build.ts`)
    process.exitCode = 1
    return
  }
  const code = await runStep({ name: 'size-limit', args: ['node_modules/size-limit/bin.js'] })
  const found = Object.entries(MUST_NOT_APPEAR).flatMap(([file, words]) => {
    const text = readProjectFile(file)
    return words.filter((word) => text.includes(word)).map((word) => `${file} contains ${word}`)
  })
  for (const line of found) console.error(line)
  process.exitCode = code === 0 && found.length === 0 ? 0 : 1
}

await main()
