import { RECORDED, testPromises } from './promises/promises.ts'
import { pageTest } from './support/page-test.ts'

testPromises(pageTest, RECORDED)
