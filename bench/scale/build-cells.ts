import { closeSync, openSync, writeSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { cacheDir, ROOT } from '../harness/places.ts'
import { runNode } from '../harness/run-node.ts'

export type BuiltCells = {
  /** Cell of each item, -1 in the head. */
  readonly assignment: Int32Array
  readonly count: number
  readonly seconds: number
  /** Largest resident set of the process that built them. */
  readonly peakGb: number
}

type CellOptions = {
  readonly dim: number
  readonly step: number
  readonly cellItems: number
  /** Items that are in no cell. */
  readonly head: Uint32Array
}

/**
 * Builds cells as the build step does, in a process of its own (folders of the project do not import each other), whose memory is then that of
 * the cells alone.
 * @param rows - int8, row-major.
 */
export async function buildCells(
  rows: Int8Array,
  { head, ...sizes }: CellOptions,
  report: (line: string) => void,
): Promise<BuiltCells> {
  const dir = cacheDir('scale')
  const [input, without, output, script] = ['rows.bin', 'head.bin', 'cells.bin', 'cells.mjs'].map((name) =>
    join(dir, name),
  )
  writeInParts(input, rows)
  await writeFile(without, head)
  await writeFile(script, scriptOf({ input, without, output, ...sizes }))
  const { stdout } = await runNode([script], report)
  const found = JSON.parse(stdout) as Omit<BuiltCells, 'assignment'> // written by the script below
  const bytes = await readFile(output)
  await Promise.all([input, without, output].map((file) => rm(file)))
  return { ...found, assignment: new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4) }
}

function writeInParts(file: string, rows: Int8Array): void {
  const handle = openSync(file, 'w')
  const part = 2 ** 26
  for (let from = 0; from < rows.length; from += part) writeSync(handle, rows.subarray(from, from + part))
  closeSync(handle)
}

type Task = Omit<CellOptions, 'head'> & { readonly input: string; readonly without: string; readonly output: string }

function scriptOf({ input, without, output, dim, step, cellItems }: Task): string {
  const build = (name: string): string => JSON.stringify(pathToFileURL(join(ROOT, 'model-build', name)).href)
  return `
    import { closeSync, fstatSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs'
    import { divideItems } from ${build('release/divide-items.ts')}
    import { createKernelPool } from ${build('train/thread-pool.ts')}
    const handle = openSync(${JSON.stringify(input)}, 'r')
    const rows = new Int8Array(fstatSync(handle).size)
    for (let at = 0; at < rows.length; ) at += readSync(handle, rows, at, Math.min(2 ** 26, rows.length - at), at)
    closeSync(handle)
    const dim = ${dim}
    const assignment = new Int32Array(rows.length / dim)
    const head = readFileSync(${JSON.stringify(without)})
    for (let at = 0; at < head.length; at += 4) assignment[head.readUInt32LE(at)] = -1
    const rest = Int32Array.from(assignment.keys()).filter((item) => assignment[item] === 0)
    const pool = await createKernelPool({})
    const start = performance.now()
    const { count, assignment: cells } = await divideItems({
      items: rest.length, dim, cellItems: ${cellItems}, seed: 1, pool,
      read: (k, into, at) => { for (let d = 0; d < dim; d++) into[at + d] = rows[rest[k] * dim + d] * ${step} },
      onProgress: (share) => process.stderr.write('cells: ' + Math.round(share * 100) + ' %\\n'),
    })
    rest.forEach((item, k) => { assignment[item] = cells[k] })
    const seconds = Math.round((performance.now() - start) / 100) / 10
    await pool.close()
    writeFileSync(${JSON.stringify(output)}, new Uint8Array(assignment.buffer))
    const peakGb = Math.round(process.resourceUsage().maxRSS / 2 ** 20 * 100) / 100
    process.stdout.write(JSON.stringify({ count, seconds, peakGb }))
  `
}
