import { expect, test } from 'vitest'
import { DEFAULTS } from '../config/defaults.ts'
import { isWorth } from './second-stage.ts'

const { mean, sequence, twoTower } = DEFAULTS
const [gain, small] = [mean.minGain + 0.001, mean.minGain - 0.001]
const after = (secondBefore: 'mean' | 'onnx' | null) => ({ mean, sequence, twoTower, secondBefore })

test('a new second space must gain, one that the release before has must not lose as much', () => {
  const isWorthWhile = (by: number, before: 'mean' | 'onnx' | null) => isWorth(by, { kind: 'mean' }, after(before))
  expect([gain, small, -small].map((by) => isWorthWhile(by, null))).toEqual([true, false, false])
  expect([small, -small, -gain].map((by) => isWorthWhile(by, 'mean'))).toEqual([true, true, false])
  expect(isWorthWhile(small, 'onnx')).toBe(false)
})

test('two towers and an encoder are read alike', () => {
  expect(isWorth(0, { kind: 'twoTower' }, after('onnx'))).toBe(true)
  expect(isWorth(0, { kind: 'sequence' }, after('mean'))).toBe(false)
})
