import type { ChannelPointer } from '#contract/pointer'

const EPOCH_MS = 7 * 86_400_000

/** A device's own draw, kept within an epoch of 7 days and never sent. */
export type ArmDraw = { readonly epoch: number; readonly uniform: number }

export type Arm = 'main' | 'canary'

/** The draw of this epoch: the one given where it is of it, else a new one. */
export function drawOf(kept: ArmDraw | null, nowMs: number, random: () => number): ArmDraw {
  const epoch = Math.floor(nowMs / EPOCH_MS)
  return kept?.epoch === epoch ? kept : { epoch, uniform: random() }
}

/** The release that this device uses under a pointer. */
export function chooseArm(pointer: ChannelPointer, draw: ArmDraw): { readonly arm: Arm; readonly manifest: string } {
  return pointer.canary !== null && draw.uniform < pointer.canary.share
    ? { arm: 'canary', manifest: pointer.canary.manifest }
    : { arm: 'main', manifest: pointer.manifest }
}
