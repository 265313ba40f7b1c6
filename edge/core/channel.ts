import { RecError } from '#contract/errors'
import { CANARY_SHARES, SEQUENCE_STEPS, type SignedPointer, STEP, type StepName } from '#contract/pointer'

/** What a channel is doing. */
export type ChannelState = {
  readonly v: 1
  readonly publication: number
  readonly live: StepName
  readonly sequence: number
}

export type Pointers = Readonly<Partial<Record<StepName, SignedPointer>>>

/** One publication, kept as long as it or its successors are needed. */
export type PublicationState = {
  readonly v: 1
  readonly publication: number
  readonly channel: string
  /** ISO 8601, when the edge took it. */
  readonly at: string
  /** The new release's manifest: what `objects` belong to. */
  readonly manifest: string
  readonly pointers: Pointers
  readonly objects: readonly string[]
}

/** Steps in the order of their sequence. */
export const STEP_NAMES = (Object.keys(STEP) as StepName[]).sort((a, b) => STEP[a] - STEP[b]) // the keys of a const table

/** @returns The steps that a publication has signed, in order. */
export function signedSteps(pointers: Pointers): readonly StepName[] {
  return STEP_NAMES.filter((step) => pointers[step] !== undefined)
}

/**
 * The manifest that a publication brings: of the full step, or of the canaries when it never gets that far.
 * @throws RecError `bad-request`
 */
export function newManifest(pointers: Pointers): string {
  const found = new Set<string>()
  for (const step of signedSteps(pointers)) {
    const pointer = pointers[step]
    if (pointer === undefined || step === 'rollback') continue
    found.add(step === 'full' ? pointer.manifest : (pointer.canary?.manifest ?? ''))
  }
  const [manifest] = found
  if (found.size !== 1 || !manifest)
    throw new RecError('bad-request', 'the steps of a publication bring one new manifest')
  return manifest
}

/**
 * Checks that a pointer is for this place: site, channel, sequence, and the canary share of its step.
 * @throws RecError `pointer-malformed`
 */
export function checkPlace(
  pointer: SignedPointer,
  place: { site: string; channel: string; publication: number; step: StepName },
): void {
  const { site, channel, publication, step } = place
  const wrong = (what: string) => new RecError('pointer-malformed', `the pointer of step ${step} has another ${what}`)
  if (pointer.site !== site) throw wrong('site')
  if (pointer.channel !== channel) throw wrong('channel')
  if (pointer.sequence !== publication * SEQUENCE_STEPS + STEP[step]) throw wrong('sequence')
  if (pointer.canary?.share !== CANARY_SHARES[step]) throw wrong('canary share')
}

/**
 * Whether a publication follows the current one.
 * @throws RecError `sequence-replayed` when it is not newer, `conflict` when one is skipped.
 */
export function checkFollows(current: ChannelState | undefined, publication: number): void {
  const last = current?.publication ?? 0
  if (publication <= last)
    throw new RecError('sequence-replayed', 'this or a later publication is there already', {
      publication,
      current: last,
    })
  if (publication > last + 1)
    throw new RecError('conflict', 'a publication is missing before this one', { publication, current: last })
}

/**
 * Moves a channel to another step of its publication: upwards only.
 * @returns The new state, or the same object when it is there already.
 * @throws RecError `sequence-replayed` when the step lies below, `bad-request` when it was not signed.
 */
export function moveTo(current: ChannelState, pointers: Pointers, step: StepName): ChannelState {
  const pointer = pointers[step]
  if (pointer === undefined)
    throw new RecError('bad-request', `the publication has no step ${step}; it has ${signedSteps(pointers).join(', ')}`)
  if (pointer.sequence === current.sequence) return current
  if (pointer.sequence < current.sequence) {
    throw new RecError('sequence-replayed', `the channel is at ${current.live}, beyond ${step}; publish again to go on`)
  }
  return { v: 1, publication: current.publication, live: step, sequence: pointer.sequence }
}
