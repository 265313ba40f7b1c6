import type { Answer, Tamper, Wire } from './wire.ts'

const OBJECT = /\/objects\/[0-9a-f]{64}$/
const CHANNEL = /\/channels\/main$/

/** Whether a path is the pointer's. */
export const isPointer = (path: string): boolean => CHANNEL.test(path)

/** One bit of every object is wrong. */
export const flipped = (path: string, answer: Answer): Answer => {
  if (!OBJECT.test(path)) return answer
  const body = Buffer.from(answer.body)
  const middle = body.length >> 1
  body.writeUInt8(body.readUInt8(middle) ^ 1, middle)
  return { ...answer, body }
}

/** Every object ends half-way, as if it were whole. */
export const truncated: Tamper = (path, answer) =>
  OBJECT.test(path) ? { ...answer, body: answer.body.subarray(0, answer.body.length >> 1) } : answer

/** The connection of every object breaks half-way. */
export const broken: Tamper = (path, answer) => (OBJECT.test(path) ? null : answer)

/** Objects answered with a status and a page of HTML, as proxies do. */
export const answeredWith =
  (code: number): Tamper =>
  (path, answer) =>
    OBJECT.test(path) ? { ...html(answer), status: code } : answer

/** A page of HTML in the place of the pointer. */
export const htmlPointer: Tamper = (path, answer) => (isPointer(path) ? html(answer) : answer)

function html(answer: Answer): Answer {
  return {
    status: 200,
    headers: { 'content-type': 'text/html', 'access-control-allow-origin': '*' },
    body: answer.body.subarray(0, 5),
  }
}

/** The network is gone from the moment this path is asked for; its answer breaks off half-way. */
export function cutAt(wire: Wire, path: string): void {
  wire.tamper = (asked, answer) => {
    if (!asked.endsWith(path)) return answer
    wire.isCut = true
    return null
  }
}

/** This path comes a byte at a time and never ends by itself. */
export function dripAt(wire: Wire, path: string): void {
  wire.tamper = (asked, answer) => (asked.endsWith(path) ? { ...answer, byteEveryMs: 100 } : answer)
}
