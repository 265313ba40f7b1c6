/** What validation found of several ways of training: each at its best epoch, and the best of them. */
export type Tried<Trial> = {
  readonly settings: Trial & { readonly epochs: number }
  /** NDCG@20 of the best. */
  readonly ndcg: number
  readonly tried: readonly (Trial & { readonly epochs: number; readonly ndcg: number })[]
}

export type TryOptions = {
  /** Rows that one epoch reads, and rows read in all epochs of one trial. */
  readonly rows: number
  readonly work: number
  /** How often a trial is judged. */
  readonly looks: number
  readonly onShare?: ((share: number) => void) | undefined
}

/** To be called after each epoch, counted from 1; resolves to whether training should end. */
export type Look = (epoch: number, judge: () => Promise<number>) => Promise<boolean>

const LEAST_EPOCHS = 4

const MOST_EPOCHS = 60

/** Looks without a better result after which a trial ends. */
const PATIENCE = 3

/** Trains in each of several ways, judged now and then; a trial ends when nothing better has come for a while. */
export async function tryEach<Trial extends object>(
  trials: readonly Trial[],
  { rows, work, looks, onShare }: TryOptions,
  train: (settings: Trial & { readonly epochs: number }, look: Look) => Promise<unknown>,
): Promise<Tried<Trial>> {
  const epochs = Math.max(LEAST_EPOCHS, Math.min(MOST_EPOCHS, Math.floor(work / Math.max(1, rows))))
  const every = Math.max(1, Math.round(epochs / looks))
  const found: { readonly settings: Trial & { readonly epochs: number }; readonly ndcg: number }[] = []
  for (const trial of trials) {
    let best = { epochs: every, ndcg: Number.NEGATIVE_INFINITY }
    await train({ ...trial, epochs }, async (epoch, judge) => {
      onShare?.((found.length + epoch / epochs) / trials.length)
      if (epoch % every !== 0) return false
      const ndcg = await judge()
      if (ndcg > best.ndcg) best = { epochs: epoch, ndcg }
      return epoch - best.epochs >= PATIENCE * every
    })
    found.push({ settings: { ...trial, epochs: best.epochs }, ndcg: best.ndcg })
  }
  const best = found.reduce((a, b) => (b.ndcg > a.ndcg ? b : a))
  return { ...best, tried: found.map(({ settings, ndcg }) => ({ ...settings, ndcg })) }
}

export type TryTwiceOptions<Trial> = Omit<TryOptions, 'looks'> & {
  readonly mostEpochs: number
  readonly first: readonly Trial[]
  /** What to try beside the best of the first. */
  readonly second: (best: Trial) => readonly Trial[]
}

/** Trains in some ways and then in others like the best of them. All trials take as many epochs and are judged after the last, for rates that fall to zero. */
export async function tryTwice<Trial extends object>(
  { first, second, mostEpochs, rows, work, onShare }: TryTwiceOptions<Trial>,
  train: (settings: Trial & { readonly epochs: number }, look: Look) => Promise<unknown>,
): Promise<Tried<Trial>> {
  const attempt = (trials: readonly Trial[], stage: 0 | 1) => {
    const onStage = (share: number): void => onShare?.((stage + share) / 2)
    return tryEach(trials, { rows, work: Math.min(work, mostEpochs * rows), looks: 1, onShare: onStage }, train)
  }
  const before = await attempt(first, 0)
  const after = await attempt(second(before.settings), 1)
  const { settings, ndcg } = after.ndcg > before.ndcg ? after : before
  return { settings, ndcg, tried: [...before.tried, ...after.tried] }
}
