const PERSONAL = [
  /e-?mail/,
  /phone|mobile|tel(ephone)?$/,
  /(first|last|full|sur|given|family|user|nick|customer|contact)_?name/,
  /^name$/,
  /address|street|postcode|postal|^zip/,
  /(^|_)ip(_?addr(ess)?)?($|_)/,
  /birth|^dob$|^age$|gender|^sex$/,
  /passport|(^|_)ssn($|_)|iban|credit_?card/,
  /latitude|longitude|^lat$|^lon$|^lng$/,
  /user_?agent|cookie|device_?id/,
]

/** A column that was not read and why. */
export type IgnoredColumn = { readonly name: string; readonly reason: 'personal-data' | 'not-used' }

/** Lists the columns of a file that are not read; those whose names look like personal data are told apart. */
export function ignoredColumns(columns: readonly string[], used: readonly (string | undefined)[]): IgnoredColumn[] {
  return columns
    .filter((name) => !used.includes(name))
    .map((name) => ({ name, reason: isPersonalColumn(name) ? 'personal-data' : 'not-used' }))
}

/** Whether a column's name looks like personal data (mail, phone, name, address, ip, birth, place, device). */
export function isPersonalColumn(name: string): boolean {
  const plain = name
    .trim()
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[\s.-]+/g, '_')
  return PERSONAL.some((pattern) => pattern.test(plain))
}
