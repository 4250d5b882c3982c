import { testReading } from './support/reads-ours.js'

testReading('current')
