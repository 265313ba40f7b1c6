#!/usr/bin/env node
/**
 * Runs one of the project's .ts files: `node tools/run.mjs <file.ts> [arguments…]`. This is what every npm script goes through, so that
 * a clone needs nothing but Node 20 and npm: a newer Node and the packages are installed first when they are missing
 * (docs/decisions/0001-node-24.md). Plain JavaScript without dependencies, because nothing else can run yet. Says everything to stderr.
 */
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { handOver } from './launcher/child.mjs'
import { ensureNode } from './launcher/node.mjs'
import { ensurePackages } from './launcher/packages.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const [entry, ...args] = process.argv.slice(2)

try {
  if (entry === undefined) throw new Error('name a file to run, for example: node tools/run.mjs tools/test.ts')
  const node = await ensureNode(root)
  await ensurePackages(root, node)
  await handOver(node, resolve(root, entry), args)
} catch (error) {
  process.stderr.write(`pocketshelf: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
