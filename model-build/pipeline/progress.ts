/** Runs named steps of a long job and tells how far each is. */
export type Report = {
  /** Runs one step; `onShare` takes 0…1. */
  step<T>(name: string, run: (onShare: (share: number) => void) => Promise<T>): Promise<T>
  /** Says something that belongs to no step. */
  note(text: string): void
}

/** Says nothing. */
export const SILENT: Report = { step: (_name, run) => run(() => undefined), note: () => undefined }
