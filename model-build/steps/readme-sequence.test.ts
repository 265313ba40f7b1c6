import { type ChildProcess, spawn } from 'node:child_process'
import { copyFile, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { generateDemoData } from '../demo-data/generate-demo-data.ts'
import { createWorkspace } from '../publish/testing/tiny-site.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

let dir = ''
let dispose = async (): Promise<void> => undefined
let edge: ChildProcess | undefined
beforeAll(async () => {
  ;({ dir, dispose } = await createWorkspace())
  await generateDemoData({ outDir: join(dir, 'shop'), items: 40, users: 40, interactions: 300, covers: false })
  await copyFile(join(dir, 'shop', 'interactions.csv'), join(dir, 'log.csv'))
  await copyFile(join(dir, 'shop', 'items.csv'), join(dir, 'items.csv'))
  await mkdir(join(dir, 'edge'), { recursive: true })
})
afterAll(async () => {
  edge?.kill()
  await dispose()
})

/** The commands under "From a log to a release", in order, without what starts them. */
async function readCommands(): Promise<string[][]> {
  const readme = await readFile(join(ROOT, 'README.md'), 'utf8')
  const [, block = ''] = /## From a log to a release\s+```sh\n([\s\S]*?)```/.exec(readme) ?? []
  return block
    .trim()
    .split('\n')
    .map((line) => line.replace('npm run -s pocketshelf -- ', '').split(' '))
}

function start(args: readonly string[]): ChildProcess {
  const cli = join(ROOT, 'model-build', 'cli.ts')
  return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', cli, ...args], { cwd: dir, stdio: 'pipe' })
}

test('the lines "From a log to a release" of the README work one after the other', async () => {
  const commands = await readCommands()
  expect(commands.map(([name]) => name)).toEqual(['keys', 'build', 'serve', 'publish'])
  for (const command of commands) {
    if (command[0] === 'serve') {
      edge = start([...command, '--port', '0', '--json'])
      await new Promise((ready) => edge?.stdout?.once('data', ready))
      continue
    }
    const child = start(command)
    let said = ''
    child.stderr?.on('data', (text) => {
      said += String(text)
    })
    const code = await new Promise((settle) => child.once('close', settle))
    expect({ command: command[0], code, said: code === 0 ? '' : said }).toEqual({
      command: command[0],
      code: 0,
      said: '',
    })
  }
})
