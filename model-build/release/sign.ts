import {
  CANARY_SHARES,
  type ChannelPointer,
  pointerBytes,
  SEQUENCE_STEPS,
  type SignedPointer,
  STEP,
  type StepName,
} from '#contract/pointer'

/** A site's signing key; the private half stays with the build. */
export type SigningKey = {
  readonly privateKey: CryptoKey
  /** Raw 32 bytes, base64url. */
  readonly publicKey: string
}

export type PublicationPlan = {
  readonly site: string
  readonly channel: string
  readonly publication: number
  /** Hash of the new manifest. */
  readonly manifest: string
  /** Hash of the manifest that is live now; null for a first release, which has no canary and nothing to roll back to. */
  readonly previous: string | null
  readonly issuedAt: string
}

/**
 * Signs every state that a publication may take, so that promotion and rollback need no key: each canary share, the full
 * release, and the way back to the release before, which has the highest step.
 */
export async function signPublication(
  plan: PublicationPlan,
  key: SigningKey,
): Promise<Partial<Record<StepName, SignedPointer>>> {
  const signed: Partial<Record<StepName, SignedPointer>> = {}
  for (const [step, number] of Object.entries(STEP) as [StepName, number][]) {
    // STEP's keys are the step names
    const pointer = pointerOf(plan, step, number)
    if (pointer !== null) signed[step] = await signPointer(pointer, key)
  }
  return signed
}

function pointerOf(plan: PublicationPlan, step: StepName, number: number): ChannelPointer | null {
  const share = CANARY_SHARES[step]
  if (plan.previous === null && step !== 'full') return null
  const isNew = step === 'full'
  return {
    v: 1,
    site: plan.site,
    channel: plan.channel,
    sequence: plan.publication * SEQUENCE_STEPS + number,
    manifest: isNew ? plan.manifest : (plan.previous ?? plan.manifest),
    canary: share === undefined ? null : { manifest: plan.manifest, share },
    issuedAt: plan.issuedAt,
  }
}

async function signPointer(pointer: ChannelPointer, key: SigningKey): Promise<SignedPointer> {
  const signature = await crypto.subtle.sign('Ed25519', key.privateKey, pointerBytes(pointer))
  return { ...pointer, keyId: key.publicKey.slice(0, 8), signature: Buffer.from(signature).toString('base64url') }
}
