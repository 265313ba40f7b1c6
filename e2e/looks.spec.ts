import { compareLooks } from './promises/looks.ts'
import { pageTest } from './support/page-test.ts'

pageTest('a shelf looks as it did, in light, in dark and from right to left', ({ scene }) => compareLooks(scene))
