import { spawn } from 'node:child_process'
import { delimiter, dirname } from 'node:path'

const FORWARDED = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])
const PARENT_CHECK_MS = 250

/**
 * The environment in which every child, however deep, finds this Node first.
 * @param {string} node - Absolute path of a Node binary.
 * @returns {NodeJS.ProcessEnv} A copy; `process.env` is left alone.
 */
export function environmentFor(node) {
  const pathName = Object.keys(process.env).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH'
  const path = [dirname(node), process.env[pathName]].filter(Boolean).join(delimiter)
  return { ...process.env, [pathName]: path, NODE: node, npm_node_execpath: node }
}

/**
 * Runs a program to its end with its output on our stderr, so that stdout stays clean for results.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd: string, env: NodeJS.ProcessEnv, shell?: boolean }} options
 * @returns {Promise<number>} The exit code; 128 when a signal ended it.
 */
export function runQuietly(command, args, { cwd, env, shell = false }) {
  return new Promise((settle, fail) => {
    const child = spawn(command, args, { cwd, env, shell, stdio: ['ignore', 2, 2] })
    const stop = forwardSignals(child)
    child.once('error', fail)
    child.once('exit', (code) => {
      stop()
      settle(code ?? 128)
    })
  })
}

/**
 * Gives the terminal to a .ts file under the given Node and ends as it ends: same exit code, or killed by the same signal.
 * @param {string} node - Absolute path of a Node binary that strips types, 22.18 or later.
 * @param {string} entry - Absolute path of the file.
 * @param {readonly string[]} args
 * @returns {Promise<void>} Settles when the child has ended and `process.exitCode` is set.
 */
export function handOver(node, entry, args) {
  return new Promise((settle, fail) => {
    const child = spawn(node, ['--disable-warning=ExperimentalWarning', entry, ...args], {
      env: environmentFor(node),
      stdio: 'inherit',
    })
    const stop = forwardSignals(child)
    child.once('error', fail)
    child.once('exit', (code, signal) => {
      stop()
      if (signal) process.kill(process.pid, signal)
      process.exitCode = code ?? 1
      settle()
    })
  })
}

/**
 * Passes signals on. A terminal sends Ctrl-C to the child as well, and a second one would read as impatience, so that one is only kept from us.
 * `kill <npm>` reaches the shell that npm puts between itself and us and stops there (npm 11, dash), so a vanished parent counts as SIGTERM.
 * @param {import('node:child_process').ChildProcess} child
 * @returns {() => void} Stops passing them on.
 */
function forwardSignals(child) {
  const isTerminal = process.stdin.isTTY === true
  const forward = (/** @type {NodeJS.Signals} */ signal) => {
    if (signal !== 'SIGINT' || !isTerminal) child.kill(signal)
  }
  for (const signal of FORWARDED) process.on(signal, forward)
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.env.npm_lifecycle_event && process.ppid !== parent) {
      clearInterval(watch)
      child.kill('SIGTERM')
    }
  }, PARENT_CHECK_MS)
  watch.unref()
  return () => {
    clearInterval(watch)
    for (const signal of FORWARDED) process.off(signal, forward)
  }
}
