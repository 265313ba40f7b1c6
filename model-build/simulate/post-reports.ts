import { Agent, request } from 'node:http'
import type { Post } from './fleet.ts'

const SOCKETS = 16

/** Sends one report as a proxy in front of the edge would pass it on from an address. */
export type PostFrom = (address: string, bytes: Uint8Array<ArrayBuffer>) => Promise<void>

/** Posts reports over kept connections; `post` gives each device a network of its own. */
export function createPost(
  edgeUrl: string,
  site: string,
): { readonly post: Post; readonly postFrom: PostFrom; close(): void } {
  const agent = new Agent({ keepAlive: true, maxSockets: SOCKETS })
  const url = new URL(`/v1/sites/${site}/r`, edgeUrl)
  const postFrom: PostFrom = (address, bytes) =>
    new Promise((resolve, reject) => {
      const headers = { 'x-forwarded-for': address, 'content-length': bytes.length }
      const call = request(url, { method: 'POST', agent, headers }, (answer) => {
        answer.resume().once('end', resolve)
      })
      call.once('error', reject).end(bytes)
    })
  return { post: (device, bytes) => postFrom(networkOf(device), bytes), postFrom, close: () => agent.destroy() }
}

/** A /24 for each device, below 224. */
function networkOf(device: number): string {
  return `${20 + ((device >> 16) % 200)}.${(device >> 8) & 255}.${device & 255}.1`
}
