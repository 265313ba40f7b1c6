import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

export type Load = {
  readonly requestsPerSecond: number
  readonly p99Ms: number
  /** Answers other than 2xx and 3xx, and broken connections. */
  readonly failed: number
}

export type LoadOptions = {
  readonly wrk: string
  readonly url: string
  readonly seconds: number
  readonly connections: number
  readonly cores: string
  /** Lua that makes the requests; GET of the address when absent. */
  readonly script?: string
}

/** Loads an address in a closed loop from a process of its own and reads wrk's report. */
export async function load({ wrk, url, seconds, connections, cores, script }: LoadOptions): Promise<Load> {
  const more = script === undefined ? [] : ['-s', script]
  const args = ['-c', cores, wrk, '-t1', `-c${connections}`, `-d${seconds}s`, '--latency', ...more, url]
  const { stdout } = await run('taskset', args)
  const [, rate = ''] = /Requests\/sec:\s+([\d.]+)/.exec(stdout) ?? []
  const [, p99 = '', unit = ''] = /99%\s+([\d.]+)(us|ms|s)/.exec(stdout) ?? []
  const [, refused = '0'] = /Non-2xx or 3xx responses: (\d+)/.exec(stdout) ?? []
  const errors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(stdout)?.slice(1) ?? []
  return {
    requestsPerSecond: Number(rate),
    p99Ms: Number(p99) * (unit === 'us' ? 0.001 : unit === 's' ? 1_000 : 1),
    failed: Number(refused) + errors.reduce((sum, count) => sum + Number(count), 0),
  }
}

/** Lua for wrk: each request posts another batch of events, with ids that never repeat between runs. */
export function eventScript(path: string, events: number, run: string): string {
  const hour = Math.floor(Date.now() / 3_600_000) * 3_600_000
  const list = Array.from({ length: events }, (_, i) => ({
    v: 1,
    type: 'click',
    item: `item-${i * 37}`,
    list: 'list-7f3a',
    scene: 'for-you',
    position: i,
    release: '2026-11-20-3fa9c1',
    at: hour,
    pseudonym: 'pseudonym-000000000000',
  }))
  return `
local n = 0
local tail = '","events":' .. [==[${JSON.stringify(list)}]==] .. '}'
request = function()
  n = n + 1
  return wrk.format('POST', '${path}', { ['content-type'] = 'application/json' }, '{"v":1,"batch":"${run}-' .. n .. tail)
end
`
}
