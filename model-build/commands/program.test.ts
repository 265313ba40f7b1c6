import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RecError } from '#contract/errors'
import { loadKeys } from '../config/key-files.ts'
import { resolveConfig } from '../config/resolve-config.ts'
import { configRequest, cutoffs, share } from './options.ts'
import { exitCodeOf } from './output.ts'
import { runCommandLine } from './program.ts'
import { createProgress } from './progress.ts'
import { type CommandContext, runStep } from './run-step.ts'

let dir = ''
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pocketshelf-cli-'))
})
afterAll(() => rm(dir, { recursive: true }))

type Captured = { readonly context: CommandContext; readonly out: () => string; readonly err: () => string }

function capture(): Captured {
  let out = ''
  let err = ''
  const stdout = (text: string) => {
    out += text
  }
  const stderr = (text: string) => {
    err += text
  }
  let clock = 0
  const context = {
    streams: { stdout, stderr, isTerminal: false },
    nowMs: () => clock++ * 100,
    signal: new AbortController().signal,
    exitCode: 0,
  }
  return { context, out: () => out, err: () => err }
}

async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const captured = capture()
  const code = await runCommandLine(args, captured.context)
  return { code, out: captured.out(), err: captured.err() }
}

describe('help', () => {
  test('names every command and the exit codes', async () => {
    const { code, out } = await run('--help')
    expect(code).toBe(0)
    for (const command of [
      'audit',
      'preview',
      'try',
      'import',
      'build',
      'evaluate',
      'ope',
      'serve',
      'dev',
      'publish',
      'retrain',
      'promote',
      'rollback',
      'releases',
      'channels',
      'keys',
      'demo-data',
    ]) {
      expect(out).toContain(`  ${command} `)
    }
    expect(out).toContain('3 refused by the gate')
  })

  test.each([
    'audit',
    'preview',
    'try',
    'import',
    'build',
    'evaluate',
    'serve',
    'dev',
    'publish',
    'retrain',
    'keys',
    'demo-data',
  ])('%s has an example', async (command) => {
    expect((await run(command, '--help')).out).toMatch(/Examples?:\n {2}\$ pocketshelf/)
  })
})

describe('wrong usage exits with 2', () => {
  test('a mistyped command is told the right one', async () => {
    const { code, err } = await run('evalute')
    expect(code).toBe(2)
    expect(err).toContain('Did you mean evaluate?')
  })

  test.each([
    ['a missing option', ['build']],
    ['an unknown option', ['build', '--out', 'x', '--fast']],
    ['a choice that is none', ['build', '--out', 'x', '--layout', 'excel']],
    ['a number that is none', ['serve', '--port', '99999']],
    ['list lengths of zero', ['evaluate', '--train', 'a', '--test', 'b', '--k', '0']],
    ['baselines of a release', ['evaluate', '--release', 'r', '--train', 'a', '--test', 'b', '--baselines']],
    ['a search beside a release', ['evaluate', '--release', 'r', '--train', 'a', '--test', 'b', '--tune']],
    ['no command', []],
  ])('%s', async (_, args) => {
    expect((await run(...args)).code).toBe(2)
  })

  test('with --json the one object on standard output says so', async () => {
    const { out } = await run('build', '--json')
    expect(JSON.parse(out)).toMatchObject({ ok: false, error: { code: 'bad-request' } })
  })
})

describe('errors', () => {
  test.each([
    ['gate-refused', 3],
    ['input-missing', 4],
    ['input-malformed', 4],
    ['config-invalid', 4],
    ['stopped', 130],
    ['internal', 1],
  ] as const)('%s exits with %i', (code, exit) => {
    expect(exitCodeOf(code)).toBe(exit)
  })

  test('are printed with code, numbers and what to do next', async () => {
    const { context, out, err } = capture()
    await runStep(context, {}, async () => {
      throw new RecError('input-missing', 'no file matches x.csv', { files: 0 })
    })
    expect(context.exitCode).toBe(4)
    expect(err()).toBe(
      'error input-missing: no file matches x.csv (files 0)\n  next: An input file was not found; check the path.\n',
    )
    expect(out()).toBe('')
  })

  test('of a command that was asked to stop say so and how to go on', async () => {
    const { context, out, err } = capture()
    const abort = new AbortController()
    await runStep({ ...context, signal: abort.signal }, { json: true }, async ({ signal }) => {
      abort.abort()
      return signal.throwIfAborted() as never // it was aborted on the line before
    })
    expect(JSON.parse(out())).toMatchObject({ ok: false, error: { code: 'stopped' } })
    expect(err()).toMatch(/next: .*run it again/)
  })

  test('that are no RecError become internal', async () => {
    const { context, out } = capture()
    await runStep(context, { json: true }, async () => {
      throw new TypeError('oops')
    })
    expect(JSON.parse(out())).toMatchObject({ ok: false, error: { code: 'internal', message: 'oops' } })
    expect(context.exitCode).toBe(1)
  })
})

describe('results', () => {
  const step = async () => ({ summary: { pairs: 3 }, lines: ['3 pairs'] })

  test('are lines for people and one object with --json', async () => {
    const [people, program] = [capture(), capture()]
    await runStep(people.context, {}, step)
    await runStep(program.context, { json: true }, step)
    expect([people.out(), program.out()]).toEqual(['3 pairs\n', '{"ok":true,"pairs":3}\n'])
  })

  test('progress without a terminal is a line per stage and quarter, on stderr', async () => {
    const { context, err } = capture()
    const progress = await createProgress(context.streams, context.nowMs)
    const report = progress.stage('reading')
    for (let k = 0; k <= 100; k++) report(k / 100)
    progress.stage('training')
    expect(err().split('\n')).toEqual([
      '[0.1 s] reading',
      '[0.2 s] reading 25 %',
      '[0.3 s] reading 50 %',
      '[0.4 s] reading 75 %',
      '[0.5 s] training',
      '',
    ])
  })
})

describe('options', () => {
  test('override the configuration file', async () => {
    const file = join(dir, 'p.toml')
    await writeFile(file, 'seed = 5\n[release]\nminSupport = 9\nheadItems = 100\n')
    const flags = { config: file, minSupport: 1, site: 'shop', order: 'ignore', tune: true } as const
    const { configFile, overrides } = configRequest(flags)
    const config = await resolveConfig(configFile, overrides)
    expect([
      config.seed,
      config.site.name,
      config.input.order,
      config.release.minSupport,
      config.release.headItems,
      config.tuning.enabled,
    ]).toEqual([5, 'shop', 'ignore', 1, 100, true])
  })

  test('list lengths are sorted without repeats, shares are above zero', () => {
    expect(cutoffs('20,10, 20')).toEqual([10, 20])
    expect(share('0.25')).toBe(0.25)
    expect(() => share('0')).toThrow('share')
  })
})

describe('keys', () => {
  test('new writes secret files with mode 0600 and a public key that verifies what the private one signs', async () => {
    const out = join(dir, 'keys')
    const result = await run('keys', 'new', '--out', out, '--json')
    const { publicKey } = JSON.parse(result.out) as { publicKey: string }
    expect(publicKey).toMatch(/^[\w-]{43}$/)
    expect((await readFile(join(out, 'signing-key.pub'), 'utf8')).trim()).toBe(publicKey)
    for (const name of ['signing-key.pem', 'user-hash.key'])
      expect((await stat(join(out, name))).mode & 0o777).toBe(0o600)
    const { signing, userHashKey } = await loadKeys(out)
    const message = new TextEncoder().encode('release')
    const signature = await crypto.subtle.sign('Ed25519', signing.privateKey, message)
    const key = await crypto.subtle.importKey(
      'raw',
      Buffer.from(signing.publicKey, 'base64url'),
      { name: 'Ed25519' },
      true,
      ['verify'],
    )
    expect(await crypto.subtle.verify('Ed25519', key, signature, message)).toBe(true)
    expect(userHashKey.length).toBe(32)
  })

  test('show prints what the page needs; new never overwrites', async () => {
    const out = join(dir, 'keys-2')
    await run('keys', 'new', '--out', out)
    expect((await run('keys', 'show', '--keys', out)).out).toMatch(/^data-keys="[\w-]{43}"\n$/)
    const again = await run('keys', 'new', '--out', out)
    expect([again.code, again.err.includes('never overwritten')]).toEqual([1, true])
  })

  test('a directory without keys, a broken key and a foreign public key are refused', async () => {
    expect((await run('keys', 'show', '--keys', dir)).code).toBe(4)
    const out = join(dir, 'keys-3')
    await run('keys', 'new', '--out', out)
    await writeFile(join(out, 'signing-key.pub'), `${'A'.repeat(43)}\n`)
    await expect(loadKeys(out)).rejects.toMatchObject({ code: 'config-invalid' })
    await writeFile(join(out, 'signing-key.pem'), 'no key')
    await expect(loadKeys(out)).rejects.toMatchObject({ code: 'config-invalid' })
  })
})

test('demo-data writes a shop that repeats for a seed', async () => {
  const args = ['--items', '60', '--users', '20', '--interactions', '500', '--json']
  const first = await run('demo-data', '--out', join(dir, 'shop-1'), ...args)
  expect(JSON.parse(first.out)).toMatchObject({ ok: true, items: 60, users: 20, interactions: 500 })
  await run('demo-data', '--out', join(dir, 'shop-2'), ...args)
  const read = (shop: string) => readFile(join(dir, shop, 'interactions.csv'), 'utf8')
  expect(await read('shop-1')).toBe(await read('shop-2'))
})
