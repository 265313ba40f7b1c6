import { parseArgs } from 'node:util'

/** Reads `--name value` options; numbers and lists come as text such as `10000,100000`. Unknown names throw. */
export function readOptions<T extends Readonly<Record<string, string>>>(options: readonly string[], defaults: T): T {
  const { values } = parseArgs({
    args: [...options],
    options: Object.fromEntries(Object.keys(defaults).map((name) => [name, { type: 'string' as const }])),
  })
  return { ...defaults, ...values } as T // parseArgs gives text under the names of `defaults` alone
}

/** Splits a list of positive whole numbers. @throws TypeError for anything else */
export function numberList(text: string): number[] {
  return text.split(',').map((part) => {
    const value = Number(part)
    if (!Number.isInteger(value) || value < 1) throw new TypeError(`${part} is not a positive whole number`)
    return value
  })
}
