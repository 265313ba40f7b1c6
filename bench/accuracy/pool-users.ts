/** A line of `evaluate --per-user`. */
export type UserLine = { readonly user_id: string; readonly ndcg: Readonly<Record<string, number>> }

/** Values of the same users in the same order. */
export type Pair = { readonly ours: readonly number[]; readonly theirs: readonly number[] }

/** Mean of each method over the users that it was asked about, and beside each method the model on the same users. */
export function poolUsers(lines: readonly UserLine[]): {
  readonly means: Record<string, number>
  readonly methods: Record<string, Pair>
} {
  const names = [...new Set(lines.flatMap(({ ndcg }) => Object.keys(ndcg)))]
  const methods = Object.fromEntries(
    names.map((name): [string, Pair] => {
      const asked = lines.filter(({ ndcg }) => ndcg[name] !== undefined)
      return [name, { ours: asked.map(({ ndcg }) => ndcg.model), theirs: asked.map(({ ndcg }) => ndcg[name]) }]
    }),
  )
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  return { means: Object.fromEntries(names.map((name) => [name, mean(methods[name].theirs)])), methods }
}
