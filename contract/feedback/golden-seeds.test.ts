import { describe } from 'vitest'
import { goldenSeeds } from './golden.conformance.ts'

describe('in Node', () => goldenSeeds())
