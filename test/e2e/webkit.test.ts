import { findWebKit } from '../../scripts/browser.mjs'
import { testOtherBrowser } from './support/other-browser.js'
import { WebKit } from './support/webkit.js'

const executable = findWebKit()

// The engine of Safari. Its OPFS is the asynchronous one here (support/webkit.ts), in which WebKit puts a new file in the place of the old one
// by more than one step: whoever reads without a lock may be told that the file is damaged or gone.
testOtherBrowser('WebKit', executable === undefined ? undefined : () => WebKit.launch(executable), { lockedReaders: ['opfs'] })
