import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { runCommandLine } from './program.ts'

const DEPLOY = fileURLToPath(new URL('../../deploy', import.meta.url))
const read = (name: string) => readFileSync(join(DEPLOY, name), 'utf8')

/** Options that a command's help names. */
async function knownOptions(command: string): Promise<string> {
  let help = ''
  const stdout = (text: string) => {
    help += text
  }
  const streams = { stdout, stderr: () => undefined, isTerminal: false }
  const context = { streams, nowMs: () => 0, signal: new AbortController().signal, exitCode: 0 }
  await runCommandLine([command, '--help'], context)
  return help
}

/** Every `pocketshelf` command of a text with its options. */
function commandsOf(text: string): string[][] {
  return [...text.matchAll(/(?:model-build\/cli\.ts|pocketshelf --) ((?!\w*")[a-z]+ --[^\n]+)/g)].map(([, line = '']) =>
    line.split(' '),
  )
}

describe.each(['pocketshelf-retrain.service', 'pocketshelf-update.service', 'ci/retrain.yml'])('deploy/%s', (name) => {
  test('runs commands with options that they have', async () => {
    const commands = commandsOf(read(name))
    expect(commands.length).toBeGreaterThan(0)
    for (const [command = '', ...rest] of commands) {
      const help = await knownOptions(command)
      for (const option of rest.filter((word) => word.startsWith('--'))) expect(help).toContain(`${option} `)
    }
  })
})

describe.each(['pocketshelf-retrain', 'pocketshelf-update'])('the systemd units %s', (name) => {
  test('are a timer and what it starts, without rights, as systemd reads them', (context) => {
    const unit = read(`${name}.service`).split('\n')
    for (const line of ['Type=oneshot', 'NoNewPrivileges=yes', 'ProtectSystem=strict', 'CapabilityBoundingSet='])
      expect(unit).toContain(line)
    expect(read(`${name}.timer`)).toMatch(/^OnCalendar=\S/m)
    for (const [, entry = ''] of unit.join('\n').matchAll(/^ExecStart=\S+ (\S+)/gm))
      expect(existsSync(join(DEPLOY, '..', entry))).toBe(true)
    if (spawnSync('systemd-analyze', ['--version']).status !== 0) {
      context.annotate('systemd-analyze is not installed: the units were read, not verified')
      return
    }
    for (const kind of ['service', 'timer']) {
      const { stderr } = spawnSync('systemd-analyze', ['verify', join(DEPLOY, `${name}.${kind}`)], { encoding: 'utf8' })
      expect(stderr).not.toMatch(/Unknown|Failed to parse|Invalid/)
    }
  })
})
